#include "exec/channel.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace hone {
namespace {

using Json = nlohmann::json;
constexpr std::uint32_t kLongest = 256u << 20;

Json to_json(const Limits& limits) {
  Json json = {{"grace", limits.grace}, {"log", limits.log}, {"files", limits.files}};
  if (limits.time) json["time"] = *limits.time;
  if (limits.silence) json["silence"] = *limits.silence;
  return json;
}

Limits read_limits(const Json& json) {
  Limits limits;
  limits.grace = json.at("grace").get<double>();
  limits.log = json.at("log").get<std::int64_t>();
  limits.files = json.at("files").get<int>();
  if (json.contains("time")) limits.time = json.at("time").get<double>();
  if (json.contains("silence")) limits.silence = json.at("silence").get<double>();
  return limits;
}

Json key_json(const RunKey& key) { return Json::array({key.trial, key.attempt}); }
RunKey read_key(const Json& json) { return {json.at(0).get<TrialId>(), json.at(1).get<int>()}; }

Json to_json(const Hello& hello) {
  return {{"do", "hello"},
          {"version", hello.version},
          {"names", hello.names},
          {"objectives", hello.objectives},
          {"patterns", hello.patterns},
          {"limits", to_json(hello.limits)},
          {"memory", hello.memory},
          {"cwd", hello.cwd},
          {"env", hello.env},
          {"attached", hello.attached}};
}
Json to_json(const Launch& launch) {
  return {
      {"do", "launch"},          {"key", key_json(launch.key)}, {"argv", launch.argv},       {"env", launch.env},
      {"params", launch.params}, {"folder", launch.folder},     {"devices", launch.devices}, {"fresh", launch.fresh},
      {"slots", launch.slots}};
}
Json to_json(const Cancel& cancel) { return {{"do", "cancel"}, {"key", key_json(cancel.key)}}; }
Json to_json(const Bye&) { return {{"do", "bye"}}; }

Message read_message(const Json& json) {
  const auto& verb = json.at("do").get_ref<const std::string&>();
  if (verb == "hello") {
    Hello hello;
    json.at("version").get_to(hello.version);
    if (hello.version != kProtocol) return hello;  // the rest may look otherwise
    json.at("names").get_to(hello.names);
    json.at("objectives").get_to(hello.objectives);
    json.at("patterns").get_to(hello.patterns);
    hello.limits = read_limits(json.at("limits"));
    json.at("memory").get_to(hello.memory);
    json.at("cwd").get_to(hello.cwd);
    json.at("env").get_to(hello.env);
    json.at("attached").get_to(hello.attached);
    return hello;
  }
  if (verb == "launch") {
    Launch launch;
    launch.key = read_key(json.at("key"));
    json.at("argv").get_to(launch.argv);
    json.at("env").get_to(launch.env);
    json.at("params").get_to(launch.params);
    json.at("folder").get_to(launch.folder);
    json.at("devices").get_to(launch.devices);
    json.at("fresh").get_to(launch.fresh);
    launch.slots = json.value("slots", 1);  // an older hone does not say it
    return launch;
  }
  if (verb == "cancel") return Cancel{read_key(json.at("key"))};
  return Bye{};
}

}  // namespace

std::string encode(const Message& message) {
  const Json json = std::visit([](const auto& m) { return to_json(m); }, message);
  std::string frame(sizeof(std::uint32_t), '\0');
  Json::to_cbor(json, frame);
  const auto length = static_cast<std::uint32_t>(frame.size() - sizeof(std::uint32_t));
  std::memcpy(frame.data(), &length, sizeof length);
  return frame;
}

std::optional<Message> MessageReader::next() {
  std::uint32_t length = 0;
  const std::size_t left = buffer_.size() - used_;
  if (!broken_ && left >= sizeof length) {
    std::memcpy(&length, buffer_.data() + used_, sizeof length);
    broken_ = length > kLongest;
    if (!broken_ && left - sizeof length >= length) {
      const char* start = buffer_.data() + used_ + sizeof length;
      used_ += sizeof length + length;
      try {  // the library's accessors throw
        return read_message(Json::from_cbor(start, start + length));
      } catch (const Json::exception&) {
        broken_ = true;
      }
    }
  }
  if (used_ > 0) buffer_.erase(0, used_), used_ = 0;
  return std::nullopt;
}

}  // namespace hone
