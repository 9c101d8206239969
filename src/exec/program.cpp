#include "exec/program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.h"
#include "hone/registry.h"

namespace hone {
namespace {

enum class Found { Nothing, Program, Folder, NoProgram };

Found look(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Found::Nothing;
  if (S_ISDIR(info.st_mode)) return Found::Folder;
  return S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0 ? Found::Program : Found::NoProgram;
}

std::string absolute(const std::string& path, const std::string& folder) {
  return path.starts_with('/') ? path : folder + "/" + path;
}

/// PATH as a trial will have it.
std::string search_path(const StudySpec& spec, const Environment& inherited) {
  std::string path = "/usr/local/bin:/usr/bin:/bin";  // as exec/keeper_act.cpp has it
  const auto take = [&](const std::string& from, const std::string& value) {
    if (from == "PATH") path = value;
  };
  for (const auto& [name, value] : inherited) take(name, value);
  if (const auto own = study_environment(spec, inherited))
    for (const auto& [name, value] : *own) take(name, value);
  return path;
}

std::vector<std::string> folders_of(const std::string& path, const std::string& folder) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string part = path.substr(start, end - start);
    out.push_back(absolute(part.empty() ? "." : part, folder));
    start = end + 1;
  }
  return out;
}

/// `python3 ` for train.py: what runs a file that is no program itself.
std::string interpreter(const std::string& word) {
  for (const auto& [suffix, program] : {std::pair<const char*, const char*>{".py", "python3"},
                                        {".sh", "sh"},
                                        {".R", "Rscript"},
                                        {".jl", "julia"},
                                        {".pl", "perl"},
                                        {".js", "node"}})
    if (word.ends_with(suffix)) return program;
  return {};
}

std::string not_executable(const std::string& word, const std::string& shown) {
  const std::string with = interpreter(word);
  return fmt::format(
      "{} is not executable; {}", shown,
      with.empty() ? "make it so with chmod +x" : fmt::format("write `{} {}`, or chmod +x", with, shown));
}

std::string nearest_program(const std::string& word, const std::vector<std::string>& folders) {
  std::vector<std::string> nearest, some;  // nearest_name() looks at some hundreds at a time
  const auto look_among = [&] {
    if (std::string near = nearest_name(word, some); !near.empty()) nearest.push_back(std::move(near));
    some.clear();
  };
  for (const std::string& folder : folders) {
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
      some.push_back(it->path().filename().string());
      if (some.size() == 400) look_among();
    }
  }
  look_among();
  std::sort(nearest.begin(), nearest.end());
  return nearest_name(word, nearest);
}

}  // namespace

std::optional<std::string> program_mistake(const StudySpec& spec, const std::string& folder,
                                           const Environment& inherited) {
  if (spec.command.empty() || spec.command[0].empty() || spec.command[0].find('{') != std::string::npos)
    return std::nullopt;
  const std::string& word = spec.command[0];
  const std::string shown = printable(word).substr(0, 200);
  if (word.find('/') != std::string::npos) {
    switch (look(absolute(word, folder))) {
      case Found::Program:
        return std::nullopt;
      case Found::Folder:
        return shown + " is a folder; name the program in it";
      case Found::NoProgram:
        return not_executable(word, shown);
      case Found::Nothing:
        return word.starts_with('/')
                   ? shown + " does not exist; correct the path"
                   : fmt::format("{} does not exist in {}; correct the path, or start hone where it is", shown,
                                 printable(folder));
    }
  }
  const auto folders = folders_of(search_path(spec, inherited), folder);
  std::string unfit;
  for (const std::string& place : folders) {
    const Found found = look(place + "/" + word);
    if (found == Found::Program) return std::nullopt;
    if (found == Found::NoProgram && unfit.empty()) unfit = printable(place + "/" + word);
  }
  if (!unfit.empty()) return not_executable(word, unfit);
  const Found here = look(absolute(word, folder));
  if (here == Found::Program) return fmt::format("{0} is not on PATH; did you mean ./{0}?", shown);
  if (here == Found::NoProgram && !interpreter(word).empty())
    return fmt::format("{} is not on PATH; did you mean `{} {}`?", shown, interpreter(word), shown);
  const std::string near = nearest_program(word, folders);
  return near.empty() ? shown + " is not on PATH; install it, or give its path"
                      : fmt::format("{} is not on PATH; did you mean {}?", shown, printable(near));
}

}  // namespace hone
