#include "exec/machine.h"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace hone {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::optional<Millionths> share(const std::string& quota, const std::string& period) {
  const auto q = parse_millionths(quota, false), p = parse_millionths(period, false);
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;  // `max`, `-1`: no limit
  return static_cast<Millionths>(static_cast<__int128>(*q) * 1'000'000 / *p);
}

std::optional<Millionths> quota_of(const FileReader& read, const std::string& folder, bool v2) {
  if (v2) {
    const auto text = read(folder + "/cpu.max");
    if (!text) return std::nullopt;
    std::stringstream words(*text);
    std::string quota, period = "100000";
    words >> quota >> period;
    return share(quota, period);
  }
  const auto quota = read(folder + "/cpu.cfs_quota_us"), period = read(folder + "/cpu.cfs_period_us");
  return quota && period ? share(trim(*quota), trim(*period)) : std::nullopt;
}

/// Bytes; nothing without a limit (`max`, or more than there can be).
std::optional<std::int64_t> memory_limit(const FileReader& read, const std::string& folder, bool v2) {
  const auto text = read(folder + (v2 ? "/memory.max" : "/memory.limit_in_bytes"));
  const auto bytes = text ? parse_bytes(trim(*text)) : std::nullopt;
  return bytes && *bytes > 0 ? bytes : std::nullopt;
}

using LimitOf = std::optional<std::int64_t> (*)(const FileReader& read, const std::string& folder, bool v2);

/// A group's limit binds all below it. In a cgroup namespace the path may lead outside of the mount: only the root is
/// left.
void tighten(std::optional<std::int64_t>& least, const FileReader& read, LimitOf limit_of, const std::string& mount,
             std::string path, bool v2) {
  while (true) {
    if (path == "/") path.clear();
    if (const auto limit = limit_of(read, mount + path, v2)) least = least ? std::min(*least, *limit) : *limit;
    if (path.empty()) return;
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
}

/// The tightest limit of the groups of this process that have the controller.
std::optional<std::int64_t> tightest(const FileReader& read, const std::string& controller, LimitOf limit_of) {
  std::optional<std::int64_t> least;
  const auto groups = read("/proc/self/cgroup");
  for (const std::string& line : split(groups.value_or(""), '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (controllers.empty()) {
      tighten(least, read, limit_of, "/sys/fs/cgroup", path, true);
      continue;
    }
    const auto names = split(controllers, ',');
    if (std::find(names.begin(), names.end(), controller) == names.end()) continue;
    tighten(least, read, limit_of, "/sys/fs/cgroup/" + controllers, path, false);
    if (controllers != controller) tighten(least, read, limit_of, "/sys/fs/cgroup/" + controller, path, false);
  }
  return least;
}

int affinity_count() {
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {  // the kernel refuses a mask smaller than its own
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(cpus));
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return 1;
}

/// Number of NVIDIA devices by the driver's own library; 0 if there is none.
int nvml_count() {
  void* library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return 0;
  const auto init = reinterpret_cast<int (*)()>(dlsym(library, "nvmlInit_v2"));
  const auto count = reinterpret_cast<int (*)(unsigned*)>(dlsym(library, "nvmlDeviceGetCount_v2"));
  const auto shutdown = reinterpret_cast<int (*)()>(dlsym(library, "nvmlShutdown"));
  unsigned devices = 0;
  if (init != nullptr && count != nullptr && init() == 0) {
    if (count(&devices) != 0) devices = 0;
    if (shutdown != nullptr) shutdown();
  }
  dlclose(library);
  return static_cast<int>(devices);
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

std::optional<Millionths> cpu_quota(const FileReader& read) { return tightest(read, "cpu", quota_of); }

std::int64_t memory_size(const FileReader& read) {
  std::int64_t size = 0;
  for (const std::string& line : split(read("/proc/meminfo").value_or(""), '\n')) {
    std::stringstream words(line);
    std::string name;
    if (words >> name && name == "MemTotal:" && words >> size) size *= 1024;  // `kB` are KiB there
  }
  const auto limit = tightest(read, "memory", memory_limit);
  return limit && (size == 0 || *limit < size) ? *limit : size;
}

Devices visible_devices(const std::string& variable) {
  Devices devices;
  for (const std::string& part : split(variable, ',')) {
    const std::string id = trim(part);
    if (id.empty() || id == "-1" || id == "NoDevFiles") break;
    devices.push_back(id);
  }
  return devices;
}

Machine this_machine(bool want_gpus, std::optional<int> gpus, const char* visible) {
  Machine machine;
  machine.cpus = Millionths{1'000'000} * affinity_count();
  if (const auto quota = cpu_quota(read_file)) machine.cpus = std::max<Millionths>(1, std::min(machine.cpus, *quota));
  machine.memory = memory_size(read_file);
  if (!want_gpus) return machine;
  if (visible != nullptr) {
    machine.gpus = visible_devices(visible);
  } else {
    const int count = gpus ? *gpus : nvml_count();
    for (int i = 0; i < count; ++i) machine.gpus.push_back(std::to_string(i));
  }
  if (gpus && *gpus >= 0 && machine.gpus.size() > static_cast<std::size_t>(*gpus))
    machine.gpus.resize(static_cast<std::size_t>(*gpus));
  return machine;
}

}  // namespace hone
