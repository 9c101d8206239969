#include "run/warm_start.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>

#include "run/home.h"
#include "study/value_json.h"
#include "study/warm.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPortfolio = "portfolio";
constexpr std::size_t kOfOneStudy = 10;

Error unreadable(const std::string& path) {
  return {Code::Corrupt, fmt::format("{}: is no portfolio; make it anew with `hone portfolio build`", path)};
}

std::optional<WarmPoint> point_of(const Json& json) {
  if (!json.is_object() || !json.contains("config") || !json["config"].is_object()) return std::nullopt;
  WarmPoint point;
  if (json.contains("from") && json["from"].is_string()) point.from = json["from"];
  for (const auto& [name, value] : json["config"].items()) {
    if (value.is_number_integer()) point.config.emplace_back(name, value.get<std::int64_t>());
    else if (value.is_number()) point.config.emplace_back(name, value.get<double>());
    else if (value.is_string()) point.config.emplace_back(name, value.get<std::string>());
    else return std::nullopt;
  }
  return point;
}

}  // namespace

Result<void> warm_up(const Storage& storage, StudySpec& spec, const std::string& home) {
  std::vector<std::vector<WarmPoint>> sources;
  for (const std::string& name : spec.warm_start) {
    const auto row = storage.find(name);
    if (row) {
      auto stored = load_study(storage, *row, "");
      if (!stored) return tl::unexpected(stored.error());
      sources.push_back(top_performers(stored->study, kOfOneStudy));
      continue;
    }
    if (row.error().code != Code::NotFound) return tl::unexpected(row.error());
    if (name != kPortfolio)
      return fail(Code::NotFound,
                  fmt::format("warm_start: there is no study {} here; `hone list` shows what there is", name));
    auto points = read_portfolio(home);
    if (!points) return tl::unexpected(points.error());
    sources.push_back(std::move(*points));
  }
  if (!sources.empty()) spec.warm = warm_points(spec, sources);
  return {};
}

Result<Portfolio> build_portfolio(const Storage& storage, std::size_t per_study) {
  const auto rows = storage.list();
  if (!rows) return tl::unexpected(rows.error());
  std::vector<std::vector<WarmPoint>> all;
  for (auto row = rows->rbegin(); row != rows->rend(); ++row) {  // the newest first: it is not to be the one left out
    auto stored = load_study(storage, *row, "");
    if (!stored) return tl::unexpected(stored.error());
    if (auto points = top_performers(stored->study, per_study); !points.empty()) all.push_back(std::move(points));
  }
  Portfolio out;
  out.studies = all.size();
  for (std::size_t rank = 0; rank < per_study; ++rank)
    for (auto& points : all)
      if (rank < points.size()) out.points.push_back(std::move(points[rank]));
  return out;
}

std::string portfolio_path(const std::string& home) { return home + "/portfolio.json"; }

Result<void> write_portfolio(const std::string& home, const Portfolio& portfolio) {
  Json points = Json::array();
  for (const WarmPoint& point : portfolio.points) {
    points.push_back(Json{{"config", named_json(point.config)}, {"from", point.from}});
  }
  const std::string path = portfolio_path(home), draft = path + ".new";
  {
    std::ofstream file(draft);
    file << Json{{"portfolio", points}}.dump(1, ' ', false, Json::error_handler_t::replace) << '\n';
    file.flush();
    if (!file) return fail(Code::Unavailable, fmt::format("{}: cannot be written; is there room?", draft));
  }
  std::error_code error;
  std::filesystem::rename(draft, path, error);
  if (error) return fail(Code::Unavailable, fmt::format("{}: cannot be written: {}", path, error.message()));
  return {};
}

Result<std::vector<WarmPoint>> read_portfolio(const std::string& home) {
  const std::string path = portfolio_path(home);
  std::ifstream file(path);
  if (!file)
    return fail(Code::NotFound, fmt::format("warm_start: {} is not there; `hone portfolio build` makes it", path));
  std::stringstream text;
  text << file.rdbuf();
  const Json json = Json::parse(text.str(), nullptr, false);
  if (!json.is_object() || !json.contains("portfolio") || !json["portfolio"].is_array())
    return tl::unexpected(unreadable(path));
  std::vector<WarmPoint> points;
  for (const Json& item : json["portfolio"]) {
    auto point = point_of(item);
    if (!point) return tl::unexpected(unreadable(path));
    points.push_back(std::move(*point));
  }
  return points;
}

}  // namespace hone
