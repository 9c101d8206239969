#include <nanobind/stl/pair.h>

#include "docs.h"
#include "study.h"
#include "study/study_file.h"

namespace hone::python {
namespace {

class PySpace {
 public:
  PySpace(const std::string& definition, const Objects& objects) : dictionary_(read(definition), objects) {}

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Param& param : space().params()) out.push_back(param.name);
    return out;
  }
  std::vector<std::string> free() const {
    std::vector<std::string> out;
    for (const std::size_t param : space().free()) out.push_back(space().params()[param].name);
    return out;
  }
  bool finite() const { return space().finite(); }
  std::vector<double> encode(nb::handle config) const { return space().encode(checked("encode", config)); }
  nb::dict decode(nb::handle unit) const { return dictionary_.dict(space().decode(sized(unit))); }
  nb::dict draw(nb::handle unit) const { return dictionary_.dict(space().draw(sized(unit))); }
  nb::dict check(nb::handle config) const { return dictionary_.dict(checked("check", config)); }
  bool allows(nb::handle config) const {
    const auto checked = space().check(dictionary_.values(config_of("allows", config)));
    return checked.has_value();
  }
  nb::list sample(nb::handle count, nb::handle given) const {
    const std::int64_t n = whole_of("sample.n", count);
    std::uint64_t seed = 0;
    if (PyBool_Check(given.ptr()) || !nb::try_cast(given, seed))
      throw Failure("sample.seed: " + shown_object(given) + " is not a whole number from 0 to 2^64 - 1");
    nb::list out;
    for (std::int64_t i = 0; i < n; ++i)
      out.append(
          dictionary_.dict(unwrap(space().complete({}, Rng::stream(seed, "sample", static_cast<std::uint64_t>(i))))));
    return out;
  }

 private:
  /// Through the study file, so that a space is read and refused in one way only.
  static Space read(const std::string& definition) { return unwrap(read_study_file(definition, "")).space; }
  const Space& space() const { return dictionary_.space(); }
  Config checked(const std::string& where, nb::handle config) const {
    return unwrap(space().check(dictionary_.values(config_of(where, config))));
  }
  std::vector<double> sized(nb::handle given) const {
    std::vector<double> unit;
    if (!nb::try_cast(given, unit)) throw Failure("unit: " + shown_object(given) + " is not a list of numbers");
    if (unit.size() == space().free().size()) return unit;
    throw Failure("unit: " + std::to_string(unit.size()) + " numbers; the space has " +
                  std::to_string(space().free().size()) + " free parameters");
  }

  Dictionary dictionary_;
};

}  // namespace

void bind_space(nb::module_& module) {
  nb::class_<PySpace>(module, "SpaceEngine", "What hone.Space is built on.")
      .def(nb::init<const std::string&, const Objects&>(), nb::arg("definition"), nb::arg("objects"))
      .def_prop_ro("names", &PySpace::names, doc::kNames)
      .def_prop_ro("free", &PySpace::free, doc::kFree)
      .def_prop_ro("finite", &PySpace::finite, "Is no free parameter continuous?")
      .def("encode", &PySpace::encode, nb::arg("config").none(),
           nb::sig("def encode(self, config: dict[str, typing.Any]) -> list[float]"), doc::kEncode)
      .def("decode", &PySpace::decode, nb::arg("unit").none(),
           nb::sig("def decode(self, unit: collections.abc.Sequence[float]) -> dict[str, typing.Any]"), doc::kDecode)
      .def("draw", &PySpace::draw, nb::arg("unit").none(),
           nb::sig("def draw(self, unit: collections.abc.Sequence[float]) -> dict[str, typing.Any]"), doc::kDraw)
      .def("sample", &PySpace::sample, nb::arg("n").none(), nb::arg("seed").none() = 0,
           nb::sig("def sample(self, n: int, seed: int = 0) -> list[dict[str, typing.Any]]"), doc::kSample)
      .def("check", &PySpace::check, nb::arg("config").none(),
           nb::sig("def check(self, config: dict[str, typing.Any]) -> dict[str, typing.Any]"), doc::kCheck)
      .def("allows", &PySpace::allows, nb::arg("config").none(),
           nb::sig("def allows(self, config: dict[str, typing.Any]) -> bool"), doc::kAllows);
}

}  // namespace hone::python
