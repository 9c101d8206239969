#include "cli/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/status_text.h"
#include "study/study_file.h"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StudySpec two_objectives() {
  auto spec = read_study_file(
      "objective: [maximize acc, minimize ms]\nspace: {x: \"float(0, 1)\"}\nstop: {trials: 9}\nseed: 1\n"
      "outcome_constraints: [\"mib <= 100\"]\n",
      "study.yaml");
  EXPECT_TRUE(spec.has_value()) << (spec ? "" : spec.error().what);
  return *spec;
}

/// Adds a finished trial.
void add(StudyView& view, double acc, double ms, double mib = 1) {
  const auto id = static_cast<TrialId>(view.ledger().trials().size());
  view.apply({1.0 + static_cast<double>(id),
              Added{.trial = id, .config = {0.5}, .metrics = {{"acc", acc}, {"ms", ms}, {"mib", mib}}, .source = {}}});
}

StudyView example() {
  StudyView view("demo", two_objectives());
  add(view, 0.5, 10);        // dominated by 1
  add(view, 0.6, 10);        // on the front
  add(view, 0.8, 30);        // on the front
  add(view, 0.7, 30);        // dominated by 2
  add(view, 0.99, 1, 1000);  // breaks the constraint
  return view;
}

TEST(Front, HoldsWhatIsFeasibleAndNotDominatedBestOfTheFirstObjectiveFirst) {
  const FrontView front = front_of(example());
  EXPECT_THAT(front.ids, ElementsAre(2, 1));
  EXPECT_NEAR(front.reference[0], 0.5 - 0.03, 1e-12) << "the worst of the feasible ones and a tenth of their range";
  EXPECT_NEAR(front.reference[1], 30 + 2, 1e-12);
  EXPECT_NEAR(front.hypervolume, (0.8 - 0.47) * 2 + (0.6 - 0.47) * 20, 1e-12);
}

TEST(Front, TheUserMaySayWhereTheVolumeEnds) {
  const StudySpec spec = two_objectives();
  const auto reference = parse_reference(spec, "ms=20,acc=0.2");
  ASSERT_TRUE(reference) << reference.error().what;
  EXPECT_THAT(*reference, ElementsAre(0.2, 20));
  const FrontView front = front_of(example(), *reference);
  EXPECT_NEAR(front.hypervolume, 0.4 * 10, 1e-12) << "trial 2 lies beyond it";
  EXPECT_EQ(volume_text(spec, front), "4 up to acc 0.2, ms 20");
}

TEST(Front, AWrongReferenceIsOneLineThatSaysWhatToWrite) {
  const StudySpec spec = two_objectives();
  const auto error = [&](const char* text) { return parse_reference(spec, text).error().what; };
  EXPECT_EQ(error("acc=1"), "--reference: ms is missing; write a number for each objective: acc=1,ms=1");
  EXPECT_THAT(error("acc=1,ms=2,acc=3"), HasSubstr("acc is named twice"));
  EXPECT_THAT(error("acc=1,mib=2"), HasSubstr("mib is no objective"));
  EXPECT_THAT(error("acc=1,ms=fast"), HasSubstr("`ms=fast` is not NAME=NUMBER"));
  EXPECT_THAT(error("acc,ms=2"), HasSubstr("`acc` is not NAME=NUMBER"));
  EXPECT_THAT(error("acc=nan,ms=2"), HasSubstr("`acc=nan` is not NAME=NUMBER"));
  EXPECT_THAT(error("acc=1,"), HasSubstr("`` is not NAME=NUMBER"));
  StudySpec one = spec;
  one.objectives.pop_back();
  EXPECT_THAT(parse_reference(one, "acc=1").error().what, HasSubstr("the study has one objective"));
}

TEST(Front, StatusHasItsVolumeOnceThereIsAFeasibleTrial) {
  StudyView view("demo", two_objectives());
  EXPECT_TRUE(status_json(view, false, 99)["hypervolume"].is_null());
  add(view, 0.9, 1, 1000);
  EXPECT_TRUE(status_json(view, false, 99)["hypervolume"].is_null());
  EXPECT_NEAR(status_json(example(), false, 99)["hypervolume"].get<double>(), 3.26, 1e-12);
  EXPECT_THAT(status_text(example(), std::nullopt, false, 99),
              HasSubstr("front    2 trials: hone best demo\nvolume   3.26 up to acc 0.47, ms 32 (a tenth beyond"));
}

}  // namespace
}  // namespace hone
