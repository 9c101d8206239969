// The Gaussian processes of what the searcher was told: of the loss, of the outcome constraints, of success.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/acquisition.h"
#include "model/gp_fit.h"
#include "model/transform.h"
#include "search/gp_data.h"
#include "search/gp_note.h"
#include "search/gp_space.h"

namespace hone {

/// Everything that ask() needs, for one state of the data. At most kMostRows trials are modelled: the best, those
/// nearest to the best, and others spread over time.
class GpModel {
 public:
  static constexpr std::size_t kMostRows = 800;

  /// `known`: the newest fit that came back in a note. `weights`: of several objectives, which become one by the
  /// augmented Tchebycheff norm (Knowles, "ParEGO", IEEE TEC 10, 2006, eq. 2); empty with one. REQUIRES: a result
  GpModel(const GpSpace& space, const GpData& data, const std::optional<GpFit>& known,
          const std::vector<double>& weights);

  const GpFit& fit() const { return fit_; }
  bool refitted() const { return refitted_; }
  const GpPosterior& loss() const { return *loss_; }
  const Acquisition& acquisition() const { return acquisition_; }
  /// Improvement by less than `margin`, in standard deviations of the transformed losses, is worth little.
  Acquisition acquisition(double margin) const;
  const OutputTransform& transform() const { return transform_; }
  /// The lowest expected loss of a result, transformed; none if no result is feasible.
  const std::optional<double>& best() const { return best_; }
  /// Points of results, the most promising first; a handful.
  const std::vector<const std::vector<double>*>& incumbents() const { return incumbents_; }
  std::size_t width() const { return space_.width(); }
  void row(const std::vector<double>& point, double* out) const { space_.row(point, 1, out); }

 private:
  using Entry = GpData::Entry;
  struct Sample {
    std::vector<const Entry*> entries;
    std::vector<double> values;
  };

  void gather(const GpData& data, const std::vector<double>& weights);
  /// At most `most` of a sample: the lowest values, those nearest to the lowest if `near`, the others evenly.
  Sample part(const Sample& sample, std::size_t most, bool near) const;
  void refit(const std::optional<GpFit>& known);
  void fit_loss(const std::optional<KernelParams>& known);
  Sample outcome(std::size_t index) const;
  Sample labels() const;
  Eigen::MatrixXd rows(const std::vector<const Entry*>& entries) const;
  double level(Resource at) const;
  void believe(const GpData& data);
  void rank(const GpData& data);
  void prefer(const GpData& data);

  const GpSpace& space_;
  Resource furthest_;
  std::size_t outcomes_;
  Sample losses_;
  std::vector<const Entry*> ended_, pending_;
  GpFit fit_;
  bool refitted_ = false;
  OutputTransform transform_;
  std::unique_ptr<GpPosterior> loss_;
  std::vector<std::unique_ptr<GpPosterior>> requirements_;
  std::optional<double> best_;
  double target_ = 0;  // to improve on: the best result or pending trial
  std::vector<const std::vector<double>*> incumbents_;
  Acquisition acquisition_;
};

}  // namespace hone
