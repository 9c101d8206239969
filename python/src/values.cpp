#include "values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hone::python {
namespace {

const Choice* choice_of(const Param& param) { return std::get_if<Choice>(&param.domain); }

bool same(nb::handle a, nb::handle b) {
  if (a.is(b)) return true;
  const int equal = PyObject_RichCompareBool(a.ptr(), b.ptr(), Py_EQ);
  if (equal < 0) PyErr_Clear();
  return equal == 1;
}

}  // namespace

std::string shown_object(nb::handle object) {
  std::string text = nb::repr(object).c_str();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

nb::object plain_object(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return nb::float_(*real);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return nb::int_(*whole);
  if (const auto* word = std::get_if<std::string>(&value)) return nb::str(word->data(), word->size());
  return nb::none();
}

std::optional<Value> plain_value(nb::handle object) {
  PyObject* const o = object.ptr();
  if (o == Py_None) return Value(std::string("none"));
  if (PyBool_Check(o)) return Value(std::string(o == Py_True ? "true" : "false"));
  if (PyFloat_Check(o)) return Value(PyFloat_AsDouble(o));
  if (PyUnicode_Check(o)) return Value(std::string(nb::borrow<nb::str>(object).c_str()));
  if (PyIndex_Check(o)) {  // int, and numpy's
    const long long whole = PyLong_AsLongLong(nb::steal(PyNumber_Index(o)).ptr());
    if (whole != -1 || !PyErr_Occurred()) return Value(static_cast<std::int64_t>(whole));
    PyErr_Clear();
  }
  const double real = PyFloat_AsDouble(o);  // whatever has __float__
  if (real != -1 || !PyErr_Occurred()) return Value(real);
  PyErr_Clear();
  return std::nullopt;
}

double number_of(const std::string& name, nb::handle object) {
  if (!PyUnicode_Check(object.ptr()) && !PyBool_Check(object.ptr())) {
    const double number = PyFloat_AsDouble(object.ptr());
    if (number != -1 || !PyErr_Occurred()) return number;
    PyErr_Clear();
  }
  throw Failure(fmt::format("{}: {} is not a number", name, shown_object(object)));
}

std::int64_t whole_of(const std::string& where, nb::handle object) {
  std::int64_t whole = 0;
  if (!PyBool_Check(object.ptr()) && nb::try_cast(object, whole)) return whole;
  throw Failure(fmt::format("{}: {} is not a whole number", where, shown_object(object)));
}

nb::dict config_of(const std::string& where, nb::handle object) {
  if (PyDict_Check(object.ptr())) return nb::borrow<nb::dict>(object);
  throw Failure(
      fmt::format("{}: {} is no configuration; write a dict, e.g. {{'lr': 0.01}}", where, shown_object(object)));
}

Metrics metrics_of(const nb::dict& metrics) {
  Metrics out;
  for (const auto& [key, value] : metrics) {
    if (!PyUnicode_Check(key.ptr())) throw Failure(fmt::format("{}: is not a metric's name", shown_object(key)));
    std::string name = nb::borrow<nb::str>(key).c_str();
    const double number = number_of(name, value);
    out.emplace_back(std::move(name), number);
  }
  return out;
}

nb::dict metrics_dict(const Metrics& metrics) {
  nb::dict out;
  for (const auto& [name, value] : metrics) out[name.c_str()] = value;
  return out;
}

Dictionary::Dictionary(Space space, const Objects& objects) : space_(std::move(space)) {
  for (const Param& param : space_.params()) {
    names_.push_back(nb::steal<nb::str>(PyUnicode_InternFromString(param.name.c_str())));
    auto& options = options_.emplace_back();
    const auto given = objects.find(param.name);
    if (given == objects.end()) continue;
    if (const Choice* choice = choice_of(param); choice && choice->options.size() == given->second.size()) {
      for (std::size_t i = 0; i < given->second.size(); ++i) options.emplace_back(choice->options[i], given->second[i]);
    } else if (const auto* constant = std::get_if<Constant>(&param.domain)) {
      if (given->second.size() == 1) options.emplace_back(constant->value, given->second[0]);
      for (std::size_t i = 0; i < given->second.size() && options.empty(); ++i)  // one of several, held by `fix`
        if (plain_value(given->second[i]) == constant->value) options.emplace_back(constant->value, given->second[i]);
    }
  }
}

nb::object Dictionary::object(std::size_t param, const Value& value) const {
  for (const auto& [option, object] : options_[param])
    if (option == value) return object;
  return plain_object(value);
}

nb::dict Dictionary::dict(const Config& config) const {
  nb::dict out;
  for (std::size_t i = 0; i < names_.size() && i < config.size(); ++i) {
    if (std::holds_alternative<std::monostate>(config[i])) continue;
    const nb::object value = object(i, config[i]);
    PyDict_SetItem(out.ptr(), names_[i].ptr(), value.ptr());
  }
  return out;
}

NamedValues Dictionary::values(const nb::dict& config) const {
  NamedValues out;
  for (const auto& [key, object] : config) {
    if (!PyUnicode_Check(key.ptr())) throw Failure(fmt::format("{}: is not a parameter's name", shown_object(key)));
    std::string name = nb::borrow<nb::str>(key).c_str();
    std::optional<Value> value;
    if (const auto param = space_.find(name)) {
      const auto& options = options_[*param];
      for (const bool strict : {true, false})  // True is not 1 where both are options
        for (auto it = options.begin(); it != options.end() && !value; ++it)
          if ((!strict || it->second.type().is(object.type())) && same(it->second, object)) value = it->first;
    }
    if (!value) value = plain_value(object);
    if (!value) throw Failure(fmt::format("{}: {} is not a number, word, bool or None", name, shown_object(object)));
    out.emplace_back(std::move(name), std::move(*value));
  }
  return out;
}

}  // namespace hone::python
