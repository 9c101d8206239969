// Python objects and the study's values.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "hone/result.h"
#include "hone/space.h"
#include "hone/trial.h"

namespace hone::python {

namespace nb = nanobind;

/// hone.Error: what the engine says of a mistake. Thrown at the border to Python only.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
template <class T>
T unwrap(Result<T>&& result) {
  if (!result) throw Failure(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// What Python wrote for a parameter's options (True, None, (64, 64)), by name and in their order: the engine has words.
using Objects = std::map<std::string, std::vector<nb::object>>;

/// Between dicts of Python's values and configurations of one space. Needs the GIL.
class Dictionary {
 public:
  Dictionary(Space space, const Objects& objects);

  const Space& space() const { return space_; }
  /// The active parameters, in the order of the space. A choice comes back as the object that was given.
  nb::dict dict(const Config& config) const;
  /// Failure for what is neither a number nor a word: "lr: [1] is not a number, word, bool or None".
  NamedValues values(const nb::dict& config) const;

 private:
  nb::object object(std::size_t param, const Value& value) const;

  Space space_;
  std::vector<nb::str> names_;
  std::vector<std::vector<std::pair<Value, nb::object>>> options_;  // by parameter; empty: plain values
};

nb::object plain_object(const Value& value);  // None if inactive
/// A number or bool by its value, None as `none`, a str as it is; nothing for anything else.
std::optional<Value> plain_value(nb::handle object);
nb::dict metrics_dict(const Metrics& metrics);
/// Failure for what is no number: "loss: 'x' is not a number".
double number_of(const std::string& name, nb::handle object);
Metrics metrics_of(const nb::dict& metrics);
/// Failure with "`where`: 3 is not a whole number" or "… is no configuration; …". An argument is a handle, not the type
/// that it must have: nanobind's own refusal is a page of signatures.
std::int64_t whole_of(const std::string& where, nb::handle object);
nb::dict config_of(const std::string& where, nb::handle object);
/// Python's repr, cut to a line of 60 characters.
std::string shown_object(nb::handle object);

}  // namespace hone::python
