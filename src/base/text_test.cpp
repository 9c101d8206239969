#include "base/text.h"

#include <gtest/gtest.h>

namespace hone {
namespace {

TEST(Text, PrintableTakesOutEscapesControlsAndBrokenUtf8) {
  EXPECT_EQ(printable("a\x1b[31mb\x1b[0m"), "ab");
  EXPECT_EQ(printable("title\x1b]0;evil\a!"), "title!");
  EXPECT_EQ(printable("a\nb\tc", false), "a b c");
  EXPECT_EQ(printable("a\nb", true), "a\nb");
  EXPECT_EQ(printable("\xff\x01ok"), "??ok");
  EXPECT_EQ(printable("zü\xe2\x82\xac"), "zü€");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m");  // C1 CSI
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a???b");  // right-to-left override
}

TEST(Text, ShellQuoteLeavesPlainWordsAndQuotesOthers) {
  EXPECT_EQ(shell_quote("--lr=0.1"), "--lr=0.1");
  EXPECT_EQ(shell_quote("a b"), "'a b'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote(""), "''");
}

TEST(Text, Durations) {
  EXPECT_EQ(parse_duration("30"), 30);
  EXPECT_EQ(parse_duration("10m"), 600);
  EXPECT_EQ(parse_duration("1.5h"), 5400);
  EXPECT_EQ(parse_duration("2d"), 172800);
  EXPECT_FALSE(parse_duration("soon"));
  EXPECT_FALSE(parse_duration("-1s"));
  EXPECT_EQ(duration_text(4.21), "4.2s");
  EXPECT_EQ(duration_text(750), "12m30s");
}

TEST(Text, Bytes) {
  EXPECT_EQ(parse_bytes("16MiB"), 16 << 20);
  EXPECT_EQ(parse_bytes("2GB"), 2'000'000'000);
  EXPECT_FALSE(parse_bytes("2 apples"));
}

TEST(Text, MillionthsAreExact) {
  EXPECT_EQ(parse_millionths("0.2", true), 200'000);
  EXPECT_EQ(parse_millionths("2", true), 2'000'000);
  EXPECT_EQ(parse_millionths("0.33333333", true), 333'334);
  EXPECT_EQ(parse_millionths("0.33333333", false), 333'333);
  EXPECT_FALSE(parse_millionths("-1", true));
  EXPECT_FALSE(parse_millionths("1e9", true));
}

TEST(Text, PasswordsOfUrlsAreTakenOut) {
  EXPECT_EQ(without_passwords("postgresql://me:secret@db/x and http://a:b@c?d"),
            "postgresql://me:***@db/x and http://a:***@c?d");
  EXPECT_EQ(without_passwords("--store=postgresql://me:p@ss:w@db"), "--store=postgresql://me:***@db");
  for (const char* text : {"http://host:80/a@b", "ftp://me@host", "a://:@b", "://", "no url: a:b@c", ""})
    EXPECT_EQ(without_passwords(text), text);
}

}  // namespace
}  // namespace hone
