#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/text.h"
#include "cli/parser.h"
#include "cli/text_out.h"
#include "run/home.h"
#include "run/warm_start.h"
#include "store/sqlite.h"

namespace hone {

int portfolio_command(const Command& self, const Words& words) {
  Parser parser(self);
  std::string action;
  std::optional<std::int64_t> top;
  parser.required_word("ACTION", action, "`build`: gather the best configurations of every study of this home");
  parser.suggest("ACTION", {"build"});
  parser.whole("--top", top, "configurations of each study; default 3", 1);
  parser.add_home();
  parser.add_json();
  if (const auto status = parser.parse(words)) return *status;
  if (action != "build")
    return complain(
        {Code::Invalid,
         fmt::format("hone portfolio: {} is unknown; the one action is `hone portfolio build`", printable(action))});
  const std::string home = parser.home();
  auto storage = open_sqlite(database_path(home), OpenMode::ReadOnly);
  if (!storage && storage.error().code == Code::NotFound)
    return complain(
        {Code::NotFound, fmt::format("hone portfolio: there are no studies in {}; choose another --home", home)});
  if (!storage) return complain(storage.error());
  const auto portfolio = build_portfolio(**storage, static_cast<std::size_t>(top.value_or(3)));
  if (!portfolio) return complain(portfolio.error());
  if (portfolio->points.empty())
    return complain({Code::NotFound, "hone portfolio: no study of this home has a result yet"});
  if (auto ok = write_portfolio(home, *portfolio); !ok) return complain(ok.error());
  if (parser.json)
    fmt::print("{}\n", Json{{"file", portfolio_path(home)},
                            {"studies", portfolio->studies},
                            {"configurations", portfolio->points.size()}}
                           .dump());
  else
    fmt::print("{}: {} of {}; `warm_start: [portfolio]` in a study file tries them first\n", portfolio_path(home),
               counted(portfolio->points.size(), "configuration"),
               portfolio->studies == 1 ? "1 study" : fmt::format("{} studies", portfolio->studies));
  return kDone;
}

}  // namespace hone
