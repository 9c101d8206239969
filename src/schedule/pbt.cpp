// Population-based training: Jaderberg, Dalibard, Osindero, Czarnecki, Donahue, Razavi, Vinyals, Green, Dunning, Simonyan,
// Fernando, Kavukcuoglu, "Population Based Training of Neural Networks", arXiv:1711.09846, 2017, algorithm 1.
//
//   θ, h, p, t   weights (the checkpoint), hyperparameters (the configuration), performance, step of a member
//   ready        t is a multiple of `interval`
//   exploit      truncation: a member in the last `quantile` takes θ and h of one in the first; binary tournament: of one
//                that it meets, if that is better
//   explore      each of h times 0.8 or 1.2, or drawn anew from its distribution (with probability `resample`)
//
// Asynchronous, as in the paper: with a slot for each member one is judged as soon as it is ready, and nobody waits; with
// fewer, when its turn comes. What is copied is the checkpoint that the donor's last run left when it ended, so that a donor
// that trains is never copied half (herd.h).
#include <fmt/format.h>

#include "schedule/herd.h"
#include "schedule/rows.h"

namespace hone {
namespace {

class Pbt : public Herd {
 public:
  Pbt(const ScheduleInputs& inputs, HerdOptions options, double resample)
      : Herd(inputs, std::move(options)), resample_(resample) {}

 protected:
  Config explored(const Config& base, Resource, Rng& rng) const override {
    return explorer_.perturbed(base, resample_, rng);
  }

 private:
  double resample_;
};

}  // namespace

SchedulerRow pbt_row() {
  SchedulerRow row;
  row.name = "pbt";
  row.means = false;
  row.checkpoints = SchedulerRow::Checkpoints::HandedOn;
  row.doc =
      "Population-based training: the worst members copy checkpoint and parameters of the best and vary them, so that "
      "parameters change along a training. For commands that go on from {dir}.";
  row.paper = "Jaderberg et al., Population Based Training of Neural Networks, arXiv:1711.09846, 2017";
  row.options = herd_options(0.2);
  row.options.push_back(
      {"exploit",
       OptionRow::Type::Word,
       std::string("truncation"),
       0,
       0,
       {"truncation", "tournament"},
       "whom a member copies: the worst ones one of the best, or any one that it meets and is better"});
  row.options.push_back({"copy",
                         OptionRow::Type::Word,
                         std::string("both"),
                         0,
                         0,
                         {"both", "weights"},
                         "weights and parameters of the donor, or its weights only (its checkpoint)"});
  row.options.push_back({"resample",
                         OptionRow::Type::Float,
                         0.25,
                         0,
                         1,
                         {},
                         "probability that a parameter is drawn anew instead of multiplied by 0.8 or 1.2"});
  row.make = [](const ScheduleInputs& inputs, const Options& options) {
    HerdOptions read = read_herd_options("pbt", inputs, options);
    read.exploit = option_word(options, "exploit") == "tournament" ? Exploit::Tournament : Exploit::Truncation;
    read.copy_parameters = option_word(options, "copy") == "both";
    return std::make_unique<Pbt>(inputs, std::move(read), option_float(options, "resample"));
  };
  row.plan = [](const ScheduleInputs& inputs, const Options&) { return whole_plan(inputs); };
  return row;
}

}  // namespace hone
