// Ask and tell (docs/ask-tell.md): a JSON object a line in, one out.
#pragma once

#include <string>
#include <string_view>

#include "cli/text_out.h"
#include "run/ask_tell.h"

namespace hone {

/// The answer to a line, one JSON object without line end. A bad line answers {"error": …} and changes nothing.
std::string answer_line(AskTell& study, std::string_view line);

}  // namespace hone
