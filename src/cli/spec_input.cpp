#include "cli/spec_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "cli/inline.h"
#include "exec/command.h"
#include "exec/fd.h"
#include "exec/report_line.h"

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

Result<StudySpec> checked(Result<StudySpec> spec, const std::string& where, bool command,
                          std::vector<std::string>* warnings) {
  if (!spec) return spec;
  std::error_code error;
  spec->folder = std::filesystem::current_path(error).string();
  if (error) return fail(Code::Unavailable, fmt::format("the current folder cannot be found: {}", error.message()));
  std::string mistakes;
  const auto add = [&](const Error& what) {
    mistakes += fmt::format("{}{}{}", mistakes.empty() ? "" : "\n", where, what.what);
  };
  if (command || !spec->command.empty()) {
    const auto ok = check_command(*spec);
    if (!ok) add(ok.error());
    else if (warnings) *warnings = *ok;
  }
  std::vector<std::string> names;
  for (const Objective& objective : spec->objectives) names.push_back(objective.metric);
  if (const auto parser = ReportParser::make(names, spec->patterns); !parser) add(parser.error());
  if (!mistakes.empty()) return invalid(mistakes);
  return spec;
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

Result<std::string> read_text(const std::string& path, std::size_t limit) {
  const Fd owned(path == "-" ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int file = path == "-" ? STDIN_FILENO : owned.get();
  if (file < 0)
    return fail(errno == ENOENT ? Code::NotFound : Code::Invalid,
                fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  std::string text;
  char buffer[1 << 16];
  while (text.size() <= limit) {
    const ssize_t got = ::read(file, buffer, std::min(sizeof buffer, limit + 1 - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return invalid(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

Result<StudySpec> read_spec(const std::string& path, const StudyOptions& options, std::vector<std::string>* warnings) {
  auto text = read_text(path, 1 << 20);
  if (!text) return tl::unexpected(text.error());
  return checked(read_study_file(*text, path, options), path + ": ", false, warnings);
}

Result<StudySpec> inline_spec(const Words& command, const StudyOptions& options, std::vector<std::string>* warnings) {
  const auto document = inline_study(command);
  if (!document) return tl::unexpected(document.error());
  const bool named =
      std::any_of(options.begin(), options.end(), [](const auto& option) { return option.first == "name"; });
  auto spec = read_study_file(document->text, "study", options);
  if (!spec) {  // the document is ours: its lines mean nothing to the user
    std::string what = spec.error().what;
    for (const auto& [prefix, instead] :
         {std::pair<std::string, std::string>{"study:1: space.", "~"}, {"study:1: ", ""}})
      for (std::size_t at = what.find(prefix); at != std::string::npos; at = what.find(prefix, at + instead.size()))
        what.replace(at, prefix.size(), instead);
    if (what.find("objective: is missing") != std::string::npos) what += "\nor give the option --maximize METRIC";
    return fail(spec.error().code, what);
  }
  if (!named) spec->name = inline_name(document->stem, *spec);
  return checked(std::move(spec), "", true, warnings);
}

}  // namespace hone
