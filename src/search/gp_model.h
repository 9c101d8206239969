// The Gaussian processes of what the searcher was told: of the loss, of success, of the outcome constraints.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/acquisition.h"
#include "model/gp_fit.h"
#include "model/transform.h"
#include "search/gp_data.h"
#include "search/gp_space.h"

namespace hone {

/// What was fitted and when: rides in the note of the first proposal made from it.
struct GpFit {
  std::size_t results = 0;  // how many were known
  int transform = 0;        // of the losses
  KernelParams params;

  std::string note() const;  // "gp 37 3 ..." with the parameters as 32-bit floats
  static std::optional<GpFit> read(std::string_view note, std::size_t columns);  // none: some other note
  void round();                                                                  // to what the note can say
};

/// Everything that ask() needs, for one state of the data.
class GpModel {
 public:
  /// `known`: the newest fit that came back in a note. REQUIRES: data.results() > 0
  GpModel(const GpSpace& space, const GpData& data, const std::optional<GpFit>& known, Resource max);

  const GpFit& fit() const { return fit_; }
  bool refitted() const { return refitted_; }
  const Acquisition& acquisition() const { return acquisition_; }
  const GpPosterior& loss() const { return *loss_; }
  const OutputTransform& transform() const { return transform_; }
  /// Points of results, the most promising first.
  const std::vector<const std::vector<double>*>& incumbents() const { return incumbents_; }
  double best() const { return best_; }  // transformed: the lowest expected loss of a feasible result or pending trial
  std::size_t width() const { return space_.size() + (fidelity_ ? 1 : 0); }
  /// REQUIRES: out has width() places
  void row(const std::vector<double>& point, double* out) const;

 private:
  struct Sample {
    std::vector<const GpData::Entry*> entries;
    std::vector<double> losses;
  };
  void refit(const Sample& sample, const std::optional<GpFit>& known);
  Eigen::MatrixXd rows(const std::vector<const GpData::Entry*>& entries) const;
  double level(Resource at) const;
  ColumnKinds kinds() const;

  const GpSpace& space_;
  bool fidelity_;
  Resource furthest_;
  GpFit fit_;
  bool refitted_ = false;
  OutputTransform transform_;
  std::unique_ptr<GpPosterior> loss_, success_;
  double best_ = 0;
  std::vector<const std::vector<double>*> incumbents_;
  Acquisition acquisition_;
};

}  // namespace hone
