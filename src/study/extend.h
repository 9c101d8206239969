// What a user may do to a study that exists: steer it, and change its definition.
#pragma once

#include "hone/study.h"

namespace hone {

/// Would it have an effect now? Invalid says in one line why not, and what to do instead.
Result<void> can_steer(const Study& study, const Steered& steered);

/// What `given` leaves open is as in `study`: the seed, the algorithms where none is named (a written `auto` names one), what
/// was taken over from other studies; and how many at a time, which is not what a study is.
void keep_open(StudySpec& given, const StudySpec& study);

/// The definition of `study` with the changes of `given` (`hone run --extend`): other stop rules, limits, resources,
/// command, algorithms; another space, where old trials that do not fit it are kept but not learnt from; a larger
/// maximum of the fidelity. Invalid lists what cannot change, a line each: what is measured, and the seed.
Result<StudySpec> extended_spec(const StudySpec& study, StudySpec given);

}  // namespace hone
