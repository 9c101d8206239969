#include "cli/started_in.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/spec_input.h"
#include "exec/fd.h"

namespace hone {

std::optional<std::string> started_in(const std::string& study_folder) {
  const auto text = read_text(study_folder + "/started-in", 1 << 16);
  if (!text || text->empty() || (*text)[0] != '/' || text->back() != '\n') return std::nullopt;
  return text->substr(0, text->size() - 1);
}

Result<void> keep_started_in(const std::string& study_folder, const std::string& folder) {
  const std::string path = study_folder + "/started-in", made = path + ".new", line = folder + "\n";
  const auto cannot = [&] {
    return fail(Code::Unavailable, fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  };
  const Fd file(::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) return cannot();
  if (std::rename(made.c_str(), path.c_str()) != 0) return cannot();
  return {};
}

}  // namespace hone
