#include "exec/channel.h"

#include <gmock/gmock.h>

namespace hone {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Hello hello() {
  Hello hello;
  hello.names = {"loss"};
  hello.patterns = {{"acc", "is ([0-9]+)"}};
  hello.limits.time = 1.5;
  hello.limits.grace = 3;
  hello.limits.log = 77;
  hello.limits.files = 64;
  hello.objectives = 1;
  hello.memory = 3'000'000'000;
  hello.attached = true;
  hello.cwd = "/w\xff";
  hello.env = {{"A", "\xfe\x01"}, {"B", ""}};
  return hello;
}

TEST(Channel, MessagesComeOutAsTheyWentInWhateverTheirBytes) {
  MessageReader reader;
  reader.feed(encode(hello()));
  reader.feed(encode(Launch{{7, 2}, {"a", "b\xff", ""}, {{"K", "v"}}, "{}", "7", {"GPU-1"}, true, 3}));
  reader.feed(encode(Cancel{{1, 3}}));
  reader.feed(encode(Bye{}));
  const auto first = std::get<Hello>(reader.next().value());
  EXPECT_EQ(first.version, kProtocol);
  EXPECT_EQ(first.cwd, "/w\xff");
  EXPECT_THAT(first.env, ElementsAre(Pair("A", "\xfe\x01"), Pair("B", "")));
  EXPECT_THAT(first.patterns, ElementsAre(Pair("acc", "is ([0-9]+)")));
  EXPECT_EQ(first.limits.time, 1.5);
  EXPECT_EQ(first.limits.silence, std::nullopt);
  EXPECT_EQ(first.limits.grace, 3);
  EXPECT_EQ(first.limits.log, 77);
  EXPECT_EQ(first.limits.files, 64);
  EXPECT_EQ(first.objectives, 1);
  EXPECT_EQ(first.memory, 3'000'000'000);
  EXPECT_TRUE(first.attached);
  const auto second = std::get<Launch>(reader.next().value());
  EXPECT_EQ(second.key, (RunKey{7, 2}));
  EXPECT_THAT(second.argv, ElementsAre("a", "b\xff", ""));
  EXPECT_THAT(second.devices, ElementsAre("GPU-1"));
  EXPECT_TRUE(second.fresh);
  EXPECT_EQ(second.slots, 3);
  EXPECT_EQ(std::get<Cancel>(reader.next().value()).key, (RunKey{1, 3}));
  EXPECT_TRUE(std::holds_alternative<Bye>(reader.next().value()));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.broken());
}

TEST(Channel, AMessageThatComesInPiecesIsReadWhenItIsWhole) {
  const std::string frame = encode(hello());
  MessageReader reader;
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    reader.feed(frame.substr(i, 1));
    ASSERT_FALSE(reader.next()) << i;
  }
  reader.feed(frame.substr(frame.size() - 1));
  EXPECT_TRUE(reader.next());
}

TEST(Channel, WhatIsNoMessageBreaksIt) {
  const std::string nonsense[] = {std::string("\xff\xff\xff\xff", 4), std::string("\x02\0\0\0ab", 6),
                                  std::string("\x01\0\0\0\xf6", 5)};
  for (const std::string& bytes : nonsense) {
    MessageReader reader;
    reader.feed(bytes);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.broken());
  }
}

}  // namespace
}  // namespace hone
