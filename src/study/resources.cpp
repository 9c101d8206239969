#include "study/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

constexpr Millionths kWhole = 1'000'000, kMost = 100'000 * kWhole;

class Reader {
 public:
  Reader(FieldReader& reader, Resources& out) : r_(reader), out_(out) {}

  void read(const YamlNode& section) {
    if (const YamlNode* n = section.find("cpu")) {
      if (is_range(*n)) range(*n, "resources.cpu", out_.cpu, out_.cpu_most);
      else out_.cpu = amount(*n, "resources.cpu", false).value_or(out_.cpu);
    }
    if (const YamlNode* n = section.find("gpu")) gpu(*n);
    if (const YamlNode* n = section.find("memory")) out_.memory = r_.bytes(*n, "resources.memory").value_or(0);
    if (const YamlNode* n = section.find("nodes"))
      if (const auto nodes = r_.whole(*n, "resources.nodes", 1, 100'000); nodes && *nodes > 1)
        r_.wrong(n->line, "resources.nodes", fmt::format("{} is not in this version; use 1", *nodes));
  }

 private:
  void gpu(const YamlNode& node) {
    if (is_range(node)) range(node, "resources.gpu", out_.gpu, out_.gpu_most);
    else out_.gpu = amount(node, "resources.gpu", true).value_or(0);
    const bool share = out_.gpu % kWhole != 0 || out_.gpu_most % kWhole != 0;
    if (out_.gpu_most > 0 && share)
      r_.wrong(node.line, "resources.gpu",
               fmt::format("{}: a share of a device cannot grow; use whole devices, e.g. 1..4", shown(node)));
    else if (out_.gpu > kWhole && share)
      r_.wrong(node.line, "resources.gpu",
               fmt::format("{} is neither a share of one device nor whole devices; use e.g. 0.5, 1 or 2", shown(node)));
  }

  std::optional<Millionths> amount(const YamlNode& node, const std::string& field, bool zero) {
    const auto amount = node.is_scalar() ? parse_millionths(node.text, true) : std::nullopt;
    if (amount && (*amount > 0 || zero) && *amount <= kMost) return amount;
    r_.wrong(node.line, field, fmt::format("{} is not an amount; write e.g. 1 or 0.5", shown(node)));
    return std::nullopt;
  }

  static bool is_range(const YamlNode& node) { return node.is_scalar() && node.text.find("..") != std::string::npos; }

  /// `1..4`: a trial starts with the least.
  void range(const YamlNode& node, const std::string& field, Millionths& least, Millionths& most) {
    const std::size_t dots = node.text.find("..");
    const auto from = parse_millionths(node.text.substr(0, dots), true);
    const auto to = parse_millionths(node.text.substr(dots + 2), true);
    if (!from || !to || *from <= 0 || *to < *from || *to > kMost)
      return r_.wrong(node.line, field,
                      fmt::format("{} is not a range; write e.g. 1..4, the least first and above 0", shown(node)));
    least = *from;
    most = *to > *from ? *to : 0;
  }

  FieldReader& r_;
  Resources& out_;
};

/// Exact: 200000 millionths are 0.2.
std::string amount_text(Millionths amount) {
  std::string text = std::to_string(amount / kWhole);
  if (amount % kWhole == 0) return text;
  std::string digits = std::to_string(amount % kWhole);
  digits.insert(0, 6 - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

Json amount_json(Millionths least, Millionths most) {
  if (most > 0) return amount_text(least) + ".." + amount_text(most);
  return least % kWhole == 0 ? Json(least / kWhole) : Json(amount_text(least));
}

std::string in_words(Millionths amount, const char* unit) {
  return fmt::format("{} {}{}", amount_text(amount), unit, amount == kWhole ? "" : "s");
}

}  // namespace

void read_resources(FieldReader& reader, const YamlNode& node, Resources& out) { Reader(reader, out).read(node); }

std::string resources_json(const Resources& resources) {
  const Resources plain;
  Json out = Json::object();
  if (resources.cpu != plain.cpu || resources.cpu_most > 0) out["cpu"] = amount_json(resources.cpu, resources.cpu_most);
  if (resources.gpu != plain.gpu) out["gpu"] = amount_json(resources.gpu, resources.gpu_most);
  if (resources.memory != plain.memory) out["memory"] = resources.memory;
  return out.dump();
}

int most_slots(const Resources& resources) {
  Millionths most = 1;
  const auto consider = [&](Millionths least, Millionths up_to) {
    if (least > 0 && up_to > least) most = std::max(most, (up_to + least - 1) / least);
  };
  consider(resources.cpu, resources.cpu_most);
  consider(resources.gpu, resources.gpu_most);
  return static_cast<int>(std::min<Millionths>(most, 100'000));
}

Millionths cpus_of(const Resources& resources, int slots) {
  return std::min(slots * resources.cpu, std::max(resources.cpu, resources.cpu_most));
}

Millionths gpus_of(const Resources& resources, int slots) {
  return std::min(slots * resources.gpu, std::max(resources.gpu, resources.gpu_most));
}

std::optional<Granted> grant(const Resources& resources, const Ledger& ledger, int free_slots, const std::string& why) {
  const int most = most_slots(resources);
  if (most == 1) return std::nullopt;
  const Trial* first = nullptr;
  int open = 0;
  for (const TrialId id : ledger.launching()) {
    const Trial& trial = ledger.trials()[static_cast<std::size_t>(id)];
    if (trial.phase != Phase::Running || trial.slots > 1) continue;
    if (!first) first = &trial;
    ++open;
  }
  if (!first) return std::nullopt;
  const int slots = 1 + std::min(most - 1, (free_slots + open - 1) / open);  // evenly
  std::string gets = in_words(cpus_of(resources, slots), "CPU");
  if (resources.gpu_most > 0) gets += " and " + in_words(gpus_of(resources, slots), "GPU");
  const std::string free = free_slots == 1 ? "1 slot is" : fmt::format("{} slots are", free_slots);
  return Granted{first->id, slots, fmt::format("{}: {} free and nothing else may start ({})", gets, free, why)};
}

}  // namespace hone
