#include "cli/spec_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>

#include "base/text.h"
#include "cli/inline.h"
#include "cli/started_in.h"
#include "exec/command.h"
#include "exec/fd.h"
#include "exec/program.h"
#include "exec/report_line.h"
#include "run/home.h"
#include "study/field_reader.h"
#include "study/words.h"
#include "study/yaml.h"

extern char** environ;

namespace hone {
namespace {

bool is_key(std::string_view option) {
  const std::string_view top = option.substr(0, option.find('.'));
  return std::any_of(std::begin(kStudyKeys), std::end(kStudyKeys),
                     [&](const StudyKey& key) { return key.name == top; });
}

/// The objectives that --maximize and --minimize name replace those of the file.
void add_objectives(StudyOptions& options) {
  std::vector<std::string> objectives;
  for (const auto& [key, value] : options)
    if (key == "maximize" || key == "minimize") objectives.push_back(fmt::format("{} {}", key, value));
  std::erase_if(options, [](const auto& option) { return option.first == "maximize" || option.first == "minimize"; });
  if (objectives.size() == 1) options.emplace_back("objective", objectives[0]);
  else if (!objectives.empty()) options.emplace_back("objective", fmt::format("[{}]", fmt::join(objectives, ", ")));
}

/// What no layer below can check, with the study's own checks.
class Checks {
 public:
  Checks(const ReadFor& use, std::string folder, std::string stem)
      : use_(use), folder_(std::move(folder)), stem_(std::move(stem)) {}

  std::vector<Mistake> operator()(const Draft& draft) {
    mistakes_ = check_study(use_.ended ? ended(draft) : draft);
    const StudySpec& spec = draft.spec;
    const bool command = !stem_.empty() || !spec.command.empty();
    if (use_.trials && !command && draft.sound("command"))
      mistakes_.push_back({"command", "is missing; add the program that runs a trial"});
    if (command && draft.sound("command")) {
      CommandCheck check = check_command(spec.command, draft.params, further_fidelities(spec));
      warnings = std::move(check.warnings);
      std::move(check.mistakes.begin(), check.mistakes.end(), std::back_inserter(mistakes_));
      if (use_.trials) program(draft);
    }
    if (use_.trials && draft.sound("searcher") && spec.searcher.name == "command") searcher_program(draft);
    if (use_.trials) environment(spec);
    for (const auto& pattern : spec.patterns)
      if (const auto parser = ReportParser::make({}, {pattern}); !parser) {
        const std::string field = "metrics." + pattern.first;
        mistakes_.push_back(
            {field, parser.error().what.substr(std::min(field.size() + 2, parser.error().what.size()))});
      }
    if (mistakes_.empty()) metric_names(spec);
    return std::move(mistakes_);
  }

  std::vector<std::string> warnings;

 private:
  static Draft ended(Draft draft) {
    draft.spec.stop.trials = draft.spec.stop.trials.value_or(std::numeric_limits<std::int64_t>::max());
    return draft;
  }

  /// Any name may be a metric's, so one that is almost that of another is legal, and probably a slip.
  void metric_names(const StudySpec& spec) {
    std::vector<std::string> known;
    for (const Objective& objective : spec.objectives) known.push_back(objective.metric);
    for (const OutcomeConstraint& outcome : spec.outcomes) known.push_back(outcome.metric);
    for (const auto& [metric, pattern] : spec.patterns) {
      const std::string near = nearest_name(metric, known);
      if (!near.empty() && std::find(known.begin(), known.end(), metric) == known.end())
        warnings.push_back(fmt::format("metrics.{}: no objective or constraint; did you mean {}?", metric, near));
    }
    known.emplace_back("seconds");
    const std::string near = nearest_name(spec.cost, known);
    if (!near.empty() && std::find(known.begin(), known.end(), spec.cost) == known.end())
      warnings.push_back(fmt::format("cost: {} is taken as a metric; did you mean {}?", spec.cost, near));
  }

  void environment(const StudySpec& spec) {
    auto missing = missing_variables(spec, inherited_environment(environ));
    std::move(missing.begin(), missing.end(), std::back_inserter(mistakes_));
  }

  /// Where the study runs: one that is resumed does so where it was first started.
  std::string folder_of(const Draft& draft) const {
    const std::string name = stem_.empty()          ? draft.spec.name
                             : draft.broken.empty() ? inline_name(stem_, draft.spec)
                                                    : "";
    const bool known = !use_.home.empty() && is_study_name(name);
    const auto before = known ? started_in(study_folder(use_.home, name)) : std::nullopt;
    return before.value_or(folder_);
  }

  void program(const Draft& draft) {
    if (auto what = program_mistake(draft.spec, folder_of(draft), inherited_environment(environ)))
      mistakes_.push_back({"command", std::move(*what)});
  }

  /// It is started with Hone's own PATH.
  void searcher_program(const Draft& draft) {
    const auto given = draft.spec.searcher.options.find("command");
    if (given == draft.spec.searcher.options.end()) return;
    StudySpec searcher;
    const auto words = split_command(value_text(given->second));
    if (!words) return;
    searcher.command = *words;
    if (auto what = program_mistake(searcher, folder_of(draft), inherited_environment(environ)))
      mistakes_.push_back({"searcher", std::move(*what)});
  }

  const ReadFor& use_;
  std::string folder_, stem_;
  std::vector<Mistake> mistakes_;
};

/// What `{pbt-replay: {schedule: …}}` says; empty if it is something else.
std::string schedule_in(const YamlNode* scheduler) {
  const YamlNode* replay = scheduler && scheduler->is_map() ? scheduler->find("pbt-replay") : nullptr;
  const YamlNode* schedule = replay && replay->is_map() ? replay->find("schedule") : nullptr;
  return schedule && schedule->is_scalar() ? schedule->text : "";
}

/// The schedule of pbt-replay may be the name of a file: the study keeps what is in it.
Result<void> inline_schedule(std::string_view text, StudyOptions& options) {
  const auto root = read_yaml(text);
  std::string given = schedule_in(root && root->is_map() ? root->find("scheduler") : nullptr);
  for (const auto& [key, value] : options) {
    if (key != "scheduler") continue;
    const auto node = read_yaml_option(value);
    given = schedule_in(node ? &*node : nullptr);  // instead of the file's
  }
  for (const auto& [key, value] : options)
    if (key == "scheduler.schedule") given = value;
  const auto first = given.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || given[first] == '[') return {};
  auto content = read_text(given, 1 << 20);
  if (!content) return fail(content.error().code, "scheduler.pbt-replay.schedule: " + content.error().what);
  options.emplace_back("scheduler.schedule", " " + *content);  // a word, whatever it begins with
  return {};
}

Result<StudySpec> read_checked(std::string_view text, const std::string& file, const StudyOptions& options,
                               const ReadFor& use, const std::string& stem, std::vector<std::string>* warnings) {
  std::error_code error;
  const std::string folder = std::filesystem::current_path(error).string();
  if (error) return fail(Code::Unavailable, fmt::format("the current folder cannot be found: {}", error.message()));
  Checks checks(use, folder, stem);
  auto inlined = options;
  if (auto ok = inline_schedule(text, inlined); !ok) return tl::unexpected(ok.error());
  auto spec = read_study_file(text, file, inlined, std::ref(checks));
  if (!spec) return spec;
  spec->folder = folder;
  if (warnings) *warnings = std::move(checks.warnings);
  return spec;
}

/// `space.lr: …` → `--lr: …`
std::string in_arguments(const std::string& line, const InlineStudy& document) {
  for (const auto& [name, option] : document.options)
    for (const char* end : {": ", "."})
      if (const std::string field = "space." + shown(std::string_view(name)) + end; line.starts_with(field))
        return printable(option) + line.substr(field.size() - std::strlen(end));
  for (const std::string field : {"fidelity.min: ", "fidelity.max: ", "fidelity.name: "})
    if (line.starts_with(field)) return "~until: " + line.substr(field.size());
  return line;
}

/// The name follows from the definition; until then it is any.
StudyOptions with_name(StudyOptions options) {
  options.emplace_back("name", "study");
  return options;
}

/// A file, or a pipe that somebody has open for writing.
Result<Fd> open_text(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  const auto cannot = [&](const char* why) {
    return fail(errno == ENOENT ? Code::NotFound : Code::Invalid,
                fmt::format("{}: cannot be read: {}", printable(path), why));
  };
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return cannot(std::strerror(errno));
  errno = 0;
  if (S_ISDIR(info.st_mode)) return cannot("it is a folder; name a file in it");
  return file;
}

}  // namespace

Result<SplitWords> split_words(const Words& words) {
  SplitWords out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      out.command = Words(words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string key = word.substr(0, 2) == "--" ? word.substr(2, equals - 2) : "";
    if (!is_key(key)) {
      out.own.push_back(word);
    } else if (equals < word.size()) {
      out.options.emplace_back(key, word.substr(equals + 1));
    } else if (i + 1 < words.size() && words[i + 1] != "--") {
      out.options.emplace_back(key, words[++i]);
    } else {
      return invalid(fmt::format("--{}: needs a value", key));
    }
  }
  add_objectives(out.options);
  return out;
}

Result<void> check_until(const StudySpec& spec, std::optional<Resource> until) {
  if (!until || !spec.fidelity || *until <= spec.fidelity->max) return {};
  return invalid(fmt::format("--until: {} is above the {} of fidelity.max; give {} to {}", *until, spec.fidelity->max,
                             spec.fidelity->min, spec.fidelity->max));
}

Error file_or_command(std::string_view command, bool none) {
  return {Code::Invalid, fmt::format("give a study FILE or a command after --{}; see `hone {} --help`",
                                     none ? "" : ", not both", command)};
}

Result<std::string> read_text(const std::string& path, std::size_t limit) {
  constexpr int kPatience = 10'000;  // milliseconds for the program at the other end of a pipe
  Result<Fd> owned = path == "-" ? Fd(-1) : open_text(path);
  if (!owned) return tl::unexpected(owned.error());
  const int file = path == "-" ? STDIN_FILENO : owned->get();
  std::string text;
  char buffer[1 << 16];
  while (text.size() <= limit) {
    const ssize_t got = ::read(file, buffer, std::min(sizeof buffer, limit + 1 - text.size()));
    if (got < 0 && errno == EINTR) continue;
    pollfd ready{file, POLLIN, 0};
    if (got < 0 && errno == EAGAIN && ::poll(&ready, 1, path == "-" ? -1 : kPatience) != 0) continue;
    if (got < 0)
      return invalid(
          fmt::format("{}: cannot be read: {}", printable(path),
                      errno == EAGAIN ? "nothing was written into it for 10 seconds" : std::strerror(errno)));
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

Result<StudySpec> read_spec(const std::string& path, const StudyOptions& options, std::vector<std::string>* warnings,
                            const ReadFor& use) {
  auto text = read_text(path, 1 << 20);
  if (!text) return tl::unexpected(text.error());
  return read_checked(*text, path, options, use, "", warnings);
}

Result<StudySpec> inline_spec(const Words& command, const StudyOptions& options, std::vector<std::string>* warnings,
                              const ReadFor& use) {
  const auto document = inline_study(command);
  if (!document) return tl::unexpected(document.error());
  const bool named =
      std::any_of(options.begin(), options.end(), [](const auto& option) { return option.first == "name"; });
  auto spec = read_checked(document->text, "", named ? options : with_name(options), use, document->stem, warnings);
  std::vector<std::string> mistakes = document->mistakes;
  if (!spec)  // the document is ours: the user knows its fields by their arguments
    for (const std::string_view line : mistakes_in(spec.error().what))
      mistakes.push_back(in_arguments(std::string(line), *document));
  if (!mistakes.empty())
    return fail(spec ? Code::Invalid : spec.error().code, fmt::format("{}", fmt::join(mistakes, "\n")));
  if (!named) spec->name = inline_name(document->stem, *spec);
  return spec;
}

}  // namespace hone
