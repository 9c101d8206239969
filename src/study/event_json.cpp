#include "study/event_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "base/text.h"
#include "hone/study.h"
#include "study/study_file.h"
#include "study/value_json.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;
using Element = simdjson::dom::element;
using simdjson::dom::element_type;

/// The keys of every kind, for writing and reading alike. A field at its default (0, empty, none) is not written.
template <class Visit, class F>
void each_field(const Visit& visit, F& fact) {
  using Kind = std::remove_const_t<F>;
  if constexpr (std::is_same_v<Kind, Started>) {
    visit("config", fact.config);
    visit("until", fact.until);
    visit("bracket", fact.bracket);
    visit("from", fact.from);
    visit("note", fact.note);
    visit("why", fact.why);
    visit("searcher_why", fact.searcher_why);
    visit("source", fact.source);
    visit("seed", fact.seed);
    visit("slots", fact.free_slots);
  } else if constexpr (std::is_same_v<Kind, Resumed>) {
    visit("until", fact.until);
    visit("why", fact.why);
    visit("slots", fact.free_slots);
  } else if constexpr (std::is_same_v<Kind, Expired>) {
    visit("cause", fact.cause);
    visit("why", fact.why);
    visit("slots", fact.free_slots);
  } else if constexpr (std::is_same_v<Kind, Relaunched>) {
    visit("why", fact.why);
    visit("fresh", fact.fresh);
    visit("slots", fact.free_slots);
    visit("alone", fact.alone);
    visit("repeat", fact.repeat);
  } else if constexpr (std::is_same_v<Kind, Granted>) {
    visit("takes", fact.slots);
    visit("why", fact.why);
    visit("slots", fact.free_slots);
  } else if constexpr (std::is_same_v<Kind, Finished>) {
    visit("why", fact.why);
    visit("failed", fact.failed);
    visit("slots", fact.free_slots);
  } else if constexpr (std::is_same_v<Kind, Reported>) {
    visit("attempt", fact.attempt);
    visit("n", fact.n);
    visit("metrics", fact.metrics);
    visit("infeasible", fact.infeasible);
  } else if constexpr (std::is_same_v<Kind, Exited>) {
    visit("attempt", fact.attempt);
    visit("cause", fact.cause);
    visit("code", fact.code);
    visit("detail", fact.detail);
    visit("outside", fact.outside);
    visit("cpu", fact.cpu_seconds);
    visit("memory", fact.peak_memory);
    visit("settled", fact.settled);
    visit("interrupted", fact.interrupted);
  } else if constexpr (std::is_same_v<Kind, Added>) {
    visit("config", fact.config);
    visit("metrics", fact.metrics);
    visit("source", fact.source);
  } else if constexpr (std::is_same_v<Kind, Steered>) {
    visit("what", fact.what);
    visit("value", fact.value);
  } else if constexpr (std::is_same_v<Kind, Extended>) {
    visit("spec", fact.spec);
  } else if constexpr (std::is_same_v<Kind, Opened>) {
    visit("facts", fact.facts);
  } else if constexpr (std::is_same_v<Kind, Proposed>) {
    visit("config", fact.config);
    visit("why", fact.why);
  } else if constexpr (std::is_same_v<Kind, Stopped>) {
    visit("why", fact.why);
    visit("slots", fact.free_slots);
    visit("ending", fact.ending);
  } else {
    static_assert(std::is_same_v<Kind, Paused>);
    visit("why", fact.why);
    visit("slots", fact.free_slots);
  }
}

// In the order of Cause. None is the default and is not written.
constexpr std::string_view kCauses[] = {"none",   "exit",      "signal",     "oom",        "timeout",
                                        "silent", "no metric", "not finite", "infeasible", "lost"};
static_assert(std::size(kCauses) == static_cast<std::size_t>(Cause::Lost) + 1);

// In the order of Steer; always written.
constexpr std::string_view kSteers[] = {"stop study", "stop", "pause", "resume", "retry", "parallel"};
static_assert(std::size(kSteers) == static_cast<std::size_t>(Steer::Parallel) + 1);

// Writing.

Json event_value(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    // A text in a config is a word; so a double that is no number, which only a derived value could be, is an array.
    return std::isfinite(*number) ? Json(*number) : Json::array({number_json(*number)});
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return Json(*integer);
  if (const auto* word = std::get_if<std::string>(&value)) return Json(*word);
  return Json(nullptr);
}

struct Write {
  Json::object_t& out;

  template <class T>
    requires std::is_arithmetic_v<T> || std::is_same_v<T, std::string>
  void operator()(const char* key, const T& value) const {
    if (value == T()) return;
    if constexpr (std::is_same_v<T, double>) out.emplace_back(key, number_json(value));
    else out.emplace_back(key, Json(value));
  }
  void operator()(const char* key, Cause cause) const {
    if (cause != Cause::None) out.emplace_back(key, Json(kCauses[static_cast<std::size_t>(cause)]));
  }
  void operator()(const char* key, Steer what) const {
    out.emplace_back(key, Json(kSteers[static_cast<std::size_t>(what)]));
  }
  void operator()(const char* key, const std::shared_ptr<const StudySpec>& spec) const {
    if (spec) out.emplace_back(key, Json::parse(study_json(*spec)));
  }
  void operator()(const char* key, const std::vector<std::pair<std::string, std::string>>& facts) const {
    if (facts.empty()) return;
    Json::object_t values;
    for (const auto& [name, value] : facts) values.emplace_back(name, Json(value));
    out.emplace_back(key, Json(std::move(values)));
  }
  void operator()(const char* key, const std::optional<Checkpoint>& from) const {
    if (from) out.emplace_back(key, Json{{"trial", from->trial}, {"at", from->at}});
  }
  void operator()(const char* key, const Config& config) const {
    if (config.empty()) return;
    Json::array_t values;
    values.reserve(config.size());
    for (const auto& value : config) values.push_back(event_value(value));
    out.emplace_back(key, Json(std::move(values)));
  }
  void operator()(const char* key, const Metrics& metrics) const {
    if (metrics.empty()) return;
    Json::object_t values;  // appended to, never searched: a name that was reported twice stays twice
    values.reserve(metrics.size());
    for (const auto& [name, value] : metrics) values.emplace_back(name, number_json(value));
    out.emplace_back(key, Json(std::move(values)));
  }
};

// Reading. Each get() tells whether the element is of the type.

bool get(Element element, std::string& out) {
  std::string_view text;
  if (element.get_string().get(text)) return false;
  out = text;
  return true;
}
bool get(Element element, bool& out) { return !element.get_bool().get(out); }
bool get(Element element, std::int64_t& out) { return !element.get_int64().get(out); }
bool get(Element element, std::uint64_t& out) { return !element.get_uint64().get(out); }
bool get(Element element, int& out) {
  std::int64_t wide = 0;
  if (!get(element, wide) || wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    return false;
  out = static_cast<int>(wide);
  return true;
}
bool get(Element element, double& out) {
  if (!element.get_double().get(out)) return true;
  std::string_view text;
  if (element.get_string().get(text)) return false;
  if (text == "nan") out = std::numeric_limits<double>::quiet_NaN();
  else if (text == "inf") out = std::numeric_limits<double>::infinity();
  else if (text == "-inf") out = -std::numeric_limits<double>::infinity();
  else return false;
  return true;
}
bool get(Element element, Cause& out) {
  std::string_view text;
  if (element.get_string().get(text)) return false;
  for (std::size_t i = 0; i < std::size(kCauses); ++i)
    if (text == kCauses[i]) return out = static_cast<Cause>(i), true;
  return false;
}
bool get(Element element, Steer& out) {
  std::string_view text;
  if (element.get_string().get(text)) return false;
  for (std::size_t i = 0; i < std::size(kSteers); ++i)
    if (text == kSteers[i]) return out = static_cast<Steer>(i), true;
  return false;
}
bool get(Element element, std::shared_ptr<const StudySpec>& out) {
  auto spec = read_study_file(simdjson::minify(element), "definition.json");
  if (!spec) return false;
  const auto study = Study::make(std::move(*spec));  // whoever applies the event relies on its being sound
  if (!study) return false;
  out = std::make_shared<const StudySpec>(study->spec());
  return true;
}
bool get(Element element, std::vector<std::pair<std::string, std::string>>& out) {
  simdjson::dom::object object;
  if (element.get_object().get(object)) return false;
  for (const auto [name, value] : object)
    if (!get(value, out.emplace_back(name, "").second)) return false;
  return true;
}
bool get(Element element, std::optional<Checkpoint>& out) {
  simdjson::dom::object object;
  if (element.get_object().get(object)) return false;
  out.emplace();
  return !object["trial"].get_int64().get(out->trial) && !object["at"].get_int64().get(out->at) && out->trial >= 0;
}
bool get(Element element, Value& out) {
  switch (element.type()) {
    case element_type::NULL_VALUE:
      out = std::monostate();
      return true;
    case element_type::INT64:
      return get(element, out.emplace<std::int64_t>());
    case element_type::DOUBLE:
      return get(element, out.emplace<double>());
    case element_type::STRING:
      return get(element, out.emplace<std::string>());
    case element_type::ARRAY: {
      Element only;
      return !element.at(0).get(only) && only.is_string() && get(only, out.emplace<double>());
    }
    default:
      return false;
  }
}
bool get(Element element, Config& out) {
  simdjson::dom::array array;
  if (element.get_array().get(array)) return false;
  out.reserve(array.size());
  for (const Element value : array)
    if (!get(value, out.emplace_back())) return false;
  return true;
}
bool get(Element element, Metrics& out) {
  simdjson::dom::object object;
  if (element.get_object().get(object)) return false;
  out.reserve(object.size());
  for (const auto [name, value] : object)
    if (!get(value, out.emplace_back(name, 0.0).second)) return false;
  return true;
}

struct Read {
  simdjson::dom::object object;
  const char** wrong;  // the key whose value cannot be understood

  template <class T>
  void operator()(const char* key, T& value) const {
    Element element;
    if (!object.at_key(key).get(element) && !get(element, value)) *wrong = key;
  }
};

/// An empty fact of that kind; nothing if there is no such kind.
template <std::size_t I = 0>
std::optional<Fact> fact_of_kind(std::string_view wanted) {
  if constexpr (I < std::variant_size_v<Fact>) {
    Event event{0, Fact(std::in_place_index<I>)};
    if (wanted == kind(event)) return std::move(event.fact);
    return fact_of_kind<I + 1>(wanted);
  } else {
    return std::nullopt;
  }
}

Error corrupt(std::string what) { return Error{Code::Corrupt, std::move(what)}; }

}  // namespace

std::string event_body(const Event& event) {
  Json::object_t out;
  std::visit([&](const auto& fact) { each_field(Write{out}, fact); }, event.fact);
  return Json(std::move(out)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

struct EventReader::State {
  simdjson::dom::parser parser;
  std::string buffer;  // simdjson may look past the end of the text
};

EventReader::EventReader() : state_(std::make_unique<State>()) {}
EventReader::~EventReader() = default;

Result<Event> EventReader::read(std::string_view kind, TrialId trial, Seconds time, std::string_view body) {
  auto fact = fact_of_kind(kind);
  if (!fact) {
    return tl::unexpected(corrupt(fmt::format("unknown kind of event `{}`; was it written by a newer version of hone?",
                                              printable(kind.substr(0, 40)))));
  }
  Event event{time, std::move(*fact)};
  if (trial < 0) return tl::unexpected(corrupt(fmt::format("{}: trial is {}, below 0", kind, trial)));
  auto& buffer = state_->buffer;
  if (buffer.size() < body.size() + simdjson::SIMDJSON_PADDING)
    buffer.resize(2 * body.size() + simdjson::SIMDJSON_PADDING);
  if (!body.empty()) std::memcpy(buffer.data(), body.data(), body.size());
  simdjson::dom::object object;
  if (const auto error = state_->parser.parse(buffer.data(), body.size(), false).get_object().get(object)) {
    return tl::unexpected(
        corrupt(fmt::format("{}: the body is no JSON object ({})", kind, simdjson::error_message(error))));
  }
  const char* wrong = nullptr;
  std::visit(
      [&](auto& known) {
        if constexpr (requires { known.trial; }) known.trial = trial;
        if constexpr (requires { known.cause; }) known.cause = Cause::None;
        each_field(Read{object, &wrong}, known);
      },
      event.fact);
  if (const auto* extended = std::get_if<Extended>(&event.fact); extended && !extended->spec) wrong = "spec";
  if (wrong)
    return tl::unexpected(corrupt(fmt::format("{}: `{}` holds a value that cannot be understood", kind, wrong)));
  return event;
}

}  // namespace hone
