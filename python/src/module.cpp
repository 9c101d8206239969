// hone._core: the engine in process. python/hone/ is the face of it.
#include "hone/registry.h"
#include "study.h"

namespace hone::python {
namespace {

nb::dict option_dict(const OptionRow& option) {
  nb::dict out;
  out["name"] = option.name;
  out["type"] = option_type_name(option.type);
  out["default"] = plain_object(option.fallback);
  out["doc"] = option.doc;
  if (option.type == OptionRow::Type::Word) out["words"] = option.words;
  if (option.type == OptionRow::Type::Bool && std::holds_alternative<std::int64_t>(option.fallback))
    out["default"] = nb::bool_(std::get<std::int64_t>(option.fallback) != 0);
  if (option.type == OptionRow::Type::Int || option.type == OptionRow::Type::Float) {
    const bool whole = option.type == OptionRow::Type::Int;
    out["lo"] = whole ? nb::object(nb::int_(static_cast<std::int64_t>(option.lo))) : nb::object(nb::float_(option.lo));
    out["hi"] = whole ? nb::object(nb::int_(static_cast<std::int64_t>(option.hi))) : nb::object(nb::float_(option.hi));
  }
  return out;
}

template <class Row>
nb::dict row_dict(const Row& row) {
  nb::dict out;
  out["name"] = row.name;
  out["doc"] = row.doc;
  out["paper"] = row.paper;
  if constexpr (requires { row.needs_fidelity; }) out["needs_fidelity"] = row.needs_fidelity;
  if constexpr (requires { row.levels; }) out["several_fidelities"] = row.levels;
  out["multi_objective"] = row.multi_objective;
  nb::list options;
  for (const OptionRow& option : row.options) options.append(option_dict(option));
  out["options"] = options;
  return out;
}

template <class Row>
nb::list rows_list(const std::vector<Row>& rows) {
  nb::list out;
  for (const Row& row : rows) out.append(row_dict(row));
  return out;
}

}  // namespace

void bind_catalogue(nb::module_& module) {
  module.def(
      "searchers", [] { return rows_list(searchers()); }, nb::sig("def searchers() -> list[dict[str, typing.Any]]"),
      "Every searcher: {\"name\", \"doc\", \"paper\", \"multi_objective\", \"options\": [...]}, as `hone searchers "
      "--json`.");
  module.def(
      "schedulers", [] { return rows_list(schedulers()); }, nb::sig("def schedulers() -> list[dict[str, typing.Any]]"),
      "Every scheduler, as `hone schedulers --json`.");
}

}  // namespace hone::python

NB_MODULE(_core, module) {
  using namespace hone::python;
  nb::set_leak_warnings(false);  // studies that live in globals until the interpreter ends are no leak
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void*) {
        try {
          std::rethrow_exception(thrown);
        } catch (const Failure& failure) {
          PyErr_SetString(nb::module_::import_("hone._error").attr("Error").ptr(), failure.what());
        }
      },
      nullptr);
  module.attr("__version__") = HONE_VERSION;
  bind_space(module);
  bind_study(module);
  bind_catalogue(module);
}
