// What this machine has for trials: CPUs by affinity and cgroup quota, memory, GPUs by NVML.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "exec/slots.h"

namespace hone {

/// Contents of a file, nothing if it cannot be read.
using FileReader = std::function<std::optional<std::string>(const std::string& path)>;

/// The tightest CPU quota of the cgroups (v1 and v2) that this process is in, rounded down; nothing without one.
std::optional<Millionths> cpu_quota(const FileReader& read);

/// Bytes of memory that its processes may have together: the machine's, or the tightest limit of the cgroups (v1 and v2)
/// that this process is in. 0 if neither can be read.
std::int64_t memory_size(const FileReader& read);

/// The device ids that CUDA_VISIBLE_DEVICES names, passed through as they are; as CUDA does, up to the first `-1`.
Devices visible_devices(const std::string& variable);

/// `visible` is the inherited CUDA_VISIBLE_DEVICES, which wins over NVML; `gpus` (--gpus N) takes the first N, or names
/// devices 0..N-1 where none can be listed. NVML is only loaded if `want_gpus`.
Machine this_machine(bool want_gpus, std::optional<int> gpus, const char* visible);

}  // namespace hone
