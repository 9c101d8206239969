#include "exec/slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "exec/memory.h"

namespace hone {
namespace {

constexpr Millionths kWhole = 1'000'000;

std::string amount(Millionths value) { return fmt::format("{}", static_cast<double>(value) / 1e6); }

Result<void> check_request(const Resources& request, std::optional<int> parallel, const Machine& machine) {
  if (parallel && *parallel < 1) return invalid(fmt::format("parallel: {} is too small; use 1 or more", *parallel));
  if (request.cpu < 0) return invalid(fmt::format("resources.cpu: {} is negative", amount(request.cpu)));
  if (request.gpu < 0) return invalid(fmt::format("resources.gpu: {} is negative", amount(request.gpu)));
  if (request.memory < 0) return invalid("resources.memory: is negative");
  const Millionths cpus_up = (machine.cpus + kWhole - 1) / kWhole * kWhole;
  if (request.cpu > cpus_up)
    return invalid(fmt::format("resources.cpu: a trial asks for {} but this machine has {}; lower it",
                               amount(request.cpu), amount(machine.cpus)));
  if (request.gpu > kWhole && request.gpu % kWhole != 0)
    return invalid(fmt::format("resources.gpu: {} is neither a share of one GPU nor a whole number; use {} or {}",
                               amount(request.gpu), request.gpu / kWhole, request.gpu / kWhole + 1));
  const auto gpus = static_cast<Millionths>(machine.gpus.size());
  if (request.gpu > gpus * kWhole)
    return invalid(fmt::format("resources.gpu: a trial asks for {} but {}; lower it or say --gpus N",
                               amount(request.gpu),
                               gpus == 0 ? "no GPU was found" : fmt::format("there are {}", gpus)));
  if (machine.memory > 0 && request.memory > machine.memory)
    return invalid(fmt::format("resources.memory: a trial asks for {} but this machine has {}; lower it",
                               memory_text(request.memory), memory_text(machine.memory)));
  return {};
}

}  // namespace

Result<Slots> Slots::make(const Resources& request, std::optional<int> parallel, const Machine& machine) {
  if (auto ok = check_request(request, parallel, machine); !ok) return tl::unexpected(ok.error());
  Slots slots;
  slots.parallel_ = parallel;
  slots.request_ = request;
  if (request.cpu > 0) slots.fit(std::max<Millionths>(1, machine.cpus / request.cpu), "CPU");
  if (request.gpu > 0) {
    const auto gpus = static_cast<Millionths>(machine.gpus.size());
    slots.fit(request.gpu < kWhole ? gpus * (kWhole / request.gpu) : gpus / (request.gpu / kWhole), "GPU");
    slots.devices_ = machine.gpus;
    slots.left_.assign(machine.gpus.size(), kWhole);
  } else if (request.cpu == 0) {
    slots.usual_ = static_cast<int>(std::max<Millionths>(1, machine.cpus / kWhole));
  }
  if (request.memory > 0 && machine.memory > 0) slots.fit(machine.memory / request.memory, "memory");
  return slots;
}

void Slots::fit(Millionths runs, const char* bound) {
  if (runs >= fit_) return;
  fit_ = static_cast<int>(runs);
  bound_ = bound;
}

std::string Slots::bound() const {
  if (parallel_ && *parallel_ <= fit_) return "parallel";
  return !parallel_ && usual_ < fit_ ? "CPU" : bound_;
}

std::optional<Devices> Slots::take(const RunKey& key, int slots) {
  if (const auto held = held_.find(key); held != held_.end()) return held->second.devices;
  if (used() + slots > total()) return std::nullopt;
  Devices devices;
  const Millionths each = std::min(request_.gpu, kWhole);
  for (Millionths need = gpus_of(request_, slots); need > 0; need -= each) {
    // The emptiest device, so that shares spread; the first of equals.
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const bool taken = std::find(devices.begin(), devices.end(), devices_[i]) != devices.end();
      if (!taken && left_[i] >= each && (!best || left_[i] > left_[*best])) best = i;
    }
    if (!best) return std::nullopt;
    devices.push_back(devices_[*best]);
  }
  hold(key, devices, slots);
  return devices;
}

void Slots::hold(const RunKey& key, const Devices& devices, int slots) {
  if (!held_.emplace(key, Held{devices, slots}).second) return;
  used_ += slots;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    if (std::find(devices.begin(), devices.end(), devices_[i]) != devices.end())
      left_[i] -= std::min(request_.gpu, kWhole);
}

void Slots::free(const RunKey& key) {
  const auto held = held_.find(key);
  if (held == held_.end()) return;
  const Devices& devices = held->second.devices;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    if (std::find(devices.begin(), devices.end(), devices_[i]) != devices.end())
      left_[i] += std::min(request_.gpu, kWhole);
  used_ -= held->second.slots;
  held_.erase(held);
}

}  // namespace hone
