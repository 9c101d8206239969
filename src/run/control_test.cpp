#include "run/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <filesystem>
#include <future>

namespace hone {
namespace {

using testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    // Longer than a socket's address may be.
    std::string path = testing::TempDir() + "hone-control-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
    folder_ = root_ + "/" + std::string(120, 'a');
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  /// The next requests, when some have come.
  static std::vector<Request> await(Control& control) {
    while (true) {
      pollfd entry{control.descriptor(), POLLIN, 0};
      if (::poll(&entry, 1, 20'000) <= 0) return {};
      if (auto requests = control.take(); !requests.empty()) return requests;
    }
  }

  std::string root_, folder_;
};

TEST_F(ControlTest, ARequestIsHeardAndAnswered) {
  auto control = Control::listen(folder_);
  ASSERT_TRUE(control) << control.error().what;
  auto asked = std::async(std::launch::async, [&] { return ask_runner(folder_, {5, Steer::Pause, 0}); });
  auto requests = await(**control);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].steered.trial, 5);
  EXPECT_EQ(requests[0].steered.what, Steer::Pause);
  requests[0].answer({});
  EXPECT_TRUE(asked.get());

  auto refused = std::async(std::launch::async, [&] { return ask_runner(folder_, {0, Steer::Parallel, 8}); });
  requests = await(**control);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].steered.value, 8);
  requests[0].answer(invalid("no"));
  const auto result = refused.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what, "no");
}

TEST_F(ControlTest, WithoutARunnerNobodyAnswers) {
  EXPECT_EQ(ask_runner(folder_, {}).error().code, Code::NotFound);
  { auto control = Control::listen(folder_); }
  EXPECT_EQ(ask_runner(folder_, {}).error().code, Code::NotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/control.sock"));
}

TEST_F(ControlTest, AnAskerThatGoesAwayOrARunnerThatEndsHarmsNobody) {
  auto control = Control::listen(folder_);
  ASSERT_TRUE(control);
  auto asked = std::async(std::launch::async, [&] { return ask_runner(folder_, {}); });
  auto requests = await(**control);
  ASSERT_EQ(requests.size(), 1u);
  control->reset();
  requests.clear();  // ends without an answer
  const auto result = asked.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Unavailable);
}

}  // namespace
}  // namespace hone
