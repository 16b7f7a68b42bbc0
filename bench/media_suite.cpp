#include "bench/media_suite.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "bench/media_pictures.hpp"
#include "bench/media_upload.hpp"
#include "bench/process.hpp"
#include "bench/report.hpp"

namespace barid::bench {
namespace {

const std::string kSuite = "media";
constexpr const char* kSelf = "/proc/self/exe";
constexpr std::chrono::seconds kLimit{3600};

/// One contender's way through all pictures.
struct MediaRun {
    double rate = 0;             ///< pictures a second
    double cpu_image = 0;        ///< CPU-s a picture
    double cpu_variant = 0;      ///< CPU-ms a variant
    double bytes_variant = 0;    ///< mean
    double rss_mib = 0;          ///< peak, with children
    double rss_quarter_mib = 0;  ///< the same after a quarter of the pictures
    std::size_t variants = 0;
};

MediaRun read_run(Process& process) {
    std::stringstream line(process.read_line(kLimit));
    std::string word;
    double seconds = 0;
    double cpu = 0;
    double rss = 0;
    double images = 0;
    double variants = 0;
    double bytes = 0;
    double quarter = 0;
    line >> word >> seconds >> cpu >> rss >> images >> variants >> bytes >> quarter;
    if (word != "RESULT" || images < 1 || variants < 1) {
        throw std::runtime_error("a contender printed: " + line.str());
    }
    return {.rate = images / seconds,
            .cpu_image = cpu / images,
            .cpu_variant = cpu * 1000 / variants,
            .bytes_variant = bytes / variants,
            .rss_mib = rss / 1024,
            .rss_quarter_mib = quarter / 1024,
            .variants = static_cast<std::size_t>(variants)};
}

class MediaSuite {
  public:
    explicit MediaSuite(const MediaOptions& options)
        : options_(options), stage_(options.pictures) {}

    void run() {
        print_setting(kSuite, "method",
                      fmt::format("{} runs a case, contenders in turn; ratio = median of the "
                                  "paired runs' ratios; {} pictures, {}; two at a time",
                                  options_.runs, stage_.files().size(), stage_.origin()));
        if (options_.peers) {
            if (wanted("images_vs_sharp")) images("same", "images_vs_sharp", 2, 1);
            if (wanted("images_defaults_vs_sharp")) {
                images("defaults", "images_defaults_vs_sharp", 2.8, 1.35);
            }
            if (wanted("avif_vs_sharp")) avif();
        } else if (wanted("images")) {
            alone();
        }
        if (wanted("sandbox_overhead")) sandbox();
        if (wanted("rss")) memory();
        if (wanted("upload_rgw")) bench_upload(options_);
    }

  private:
    [[nodiscard]] bool wanted(std::string_view name) const {
        return name.find(options_.only) != std::string_view::npos;
    }
    [[nodiscard]] int rounds(double count) const {
        return std::max(1, static_cast<int>(count * options_.scale));
    }

    void images(const std::string& mode, const std::string& name, double goal, double best_goal);
    void avif();
    void alone();
    void sandbox();
    void memory();

    [[nodiscard]] MediaRun ours(const std::string& mode, int rounds,
                                const std::string& out = "-") const;
    [[nodiscard]] MediaRun sharp(const std::string& mode, int rounds,
                                 const std::string& out = "-") const;
    static void describe(const std::string& name, const std::vector<MediaRun>& runs);
    static void compare(const std::string& name, const std::vector<MediaRun>& ours,
                        const std::string& vs, const std::vector<MediaRun>& theirs,
                        std::optional<double> goal);

    MediaOptions options_;
    PictureStage stage_;
};

MediaRun MediaSuite::ours(const std::string& mode, int rounds, const std::string& out) const {
    std::vector<std::string> command{kSelf, "--role", "media", mode, out, std::to_string(rounds)};
    command.insert(command.end(), stage_.files().begin(), stage_.files().end());
    Process process(command);
    return read_run(process);
}

MediaRun MediaSuite::sharp(const std::string& mode, int rounds, const std::string& out) const {
    const std::filesystem::path peers = BARID_BENCH_PEERS;
    if (!std::filesystem::exists(peers / "node_modules/sharp")) {
        throw std::runtime_error("the peers are not installed: run `npm ci` in " + peers.string());
    }
    std::vector<std::string> command{"node", peers / "sharp.mjs", mode, out,
                                     std::to_string(rounds)};
    command.insert(command.end(), stage_.files().begin(), stage_.files().end());
    Process process(command);
    return read_run(process);
}

std::vector<double> column(const std::vector<MediaRun>& runs, double MediaRun::* of) {
    std::vector<double> values;
    for (const MediaRun& run : runs) values.push_back(run.*of);
    return values;
}

void MediaSuite::describe(const std::string& name, const std::vector<MediaRun>& runs) {
    const auto line = [&](const std::string& suffix, const std::string& unit,
                          double MediaRun::* of) {
        print(kSuite, {.name = name + suffix, .value = median(column(runs, of)), .unit = unit});
    };
    line("_cpu", "CPU-s/image", &MediaRun::cpu_image);
    line("_cpu_variant", "CPU-ms/variant", &MediaRun::cpu_variant);
    line("_bytes_variant", "bytes", &MediaRun::bytes_variant);
    line("_rss", "MiB", &MediaRun::rss_mib);
}

void MediaSuite::compare(const std::string& name, const std::vector<MediaRun>& ours,
                         const std::string& vs, const std::vector<MediaRun>& theirs,
                         std::optional<double> goal) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i].rate / theirs[i].rate);
    print(kSuite, {.name = name,
                   .value = median(column(ours, &MediaRun::rate)),
                   .unit = "images/s",
                   .runs = column(ours, &MediaRun::rate),
                   .vs = vs,
                   .ratio = median(ratios),
                   .goal = goal});
}

/// Sharp twice: as people write it, and at its best.
void MediaSuite::images(const std::string& mode, const std::string& name, double goal,
                        double best_goal) {
    std::vector<MediaRun> mine;
    std::vector<MediaRun> clone;
    std::vector<MediaRun> best;
    const int count = rounds(2);
    for (int run = 0; run < options_.runs; ++run) {
        mine.push_back(ours(mode, count));
        clone.push_back(sharp("clone", count));
        best.push_back(sharp("best", count));
    }
    if (mine.front().variants != clone.front().variants ||
        mine.front().variants != best.front().variants) {
        throw std::runtime_error(fmt::format("not the same work: {} and {} variants",
                                             mine.front().variants, clone.front().variants));
    }
    const std::string shown = "images_" + mode;
    print(kSuite, {.name = "sharp_clone",
                   .value = median(column(clone, &MediaRun::rate)),
                   .unit = "images/s",
                   .runs = column(clone, &MediaRun::rate)});
    describe("sharp_clone", clone);
    print(kSuite, {.name = "sharp_best",
                   .value = median(column(best, &MediaRun::rate)),
                   .unit = "images/s",
                   .runs = column(best, &MediaRun::rate)});
    describe("sharp_best", best);
    describe(shown, mine);
    compare(name, mine, "sharp_clone", clone, goal);
    compare(name + "_best", mine, "sharp_best", best, best_goal);
}

void MediaSuite::avif() {
    std::vector<MediaRun> mine;
    std::vector<MediaRun> theirs;
    for (int run = 0; run < options_.runs; ++run) {
        mine.push_back(ours("avif", 1, stage_.folder("ours")));
        theirs.push_back(sharp("avif", 1, stage_.folder("sharp")));
    }
    describe("sharp_avif", theirs);
    describe("avif", mine);
    compare("avif_vs_sharp", mine, "sharp_avif", theirs, 5);
    const double quality = stage_.quality("ours");
    const double peer_quality = stage_.quality("sharp");
    print(kSuite, {.name = "sharp_avif_ssim", .value = peer_quality, .unit = "SSIM"});
    print(kSuite, {.name = "avif_ssim",
                   .value = quality,
                   .unit = "SSIM",
                   .vs = "sharp_avif",
                   .ratio = quality / peer_quality});
    print(kSuite, {.name = "avif_bytes",
                   .value = mine.front().bytes_variant,
                   .unit = "bytes/variant",
                   .vs = "sharp_avif",
                   .ratio = mine.front().bytes_variant / theirs.front().bytes_variant});
}

void MediaSuite::alone() {
    for (const char* mode : {"same", "defaults", "avif"}) {
        std::vector<MediaRun> mine;
        for (int run = 0; run < options_.runs; ++run) mine.push_back(ours(mode, rounds(2)));
        const std::string name = fmt::format("images_{}", mode);
        print(kSuite, {.name = name,
                       .value = median(column(mine, &MediaRun::rate)),
                       .unit = "images/s",
                       .runs = column(mine, &MediaRun::rate)});
        describe(name, mine);
    }
}

/// The same work in the decode children and on two threads of one process.
void MediaSuite::sandbox() {
    std::vector<MediaRun> walled;
    std::vector<MediaRun> open;
    std::vector<double> overheads;
    for (int run = 0; run < std::max(5, options_.runs); ++run) {
        const bool first = run % 2 == 0;
        if (first) walled.push_back(ours("defaults", rounds(2)));
        open.push_back(ours("defaults-inprocess", rounds(2)));
        if (!first) walled.push_back(ours("defaults", rounds(2)));
        overheads.push_back(open.back().rate / walled.back().rate);
    }
    print(kSuite, {.name = "in_process",
                   .value = median(column(open, &MediaRun::rate)),
                   .unit = "images/s",
                   .runs = column(open, &MediaRun::rate)});
    print(kSuite, {.name = "sandbox_overhead",
                   .value = (median(overheads) - 1) * 100,
                   .unit = "% of wall time",
                   .runs = overheads,
                   .vs = "in_process",
                   .ratio = median(overheads),
                   .goal = 1.05});
}

/// Whether memory stays where it was: 2,000 pictures against the first quarter of them.
void MediaSuite::memory() {
    const double images = std::max(1.0, 2000.0 * options_.scale);
    const auto files = static_cast<double>(stage_.files().size());
    const MediaRun run = ours("defaults", std::max(1, static_cast<int>(images / files)));
    print(kSuite, {.name = "rss",
                   .value = run.rss_mib,
                   .unit = "MiB",
                   .vs = "after a quarter of the pictures",
                   .ratio = run.rss_mib / run.rss_quarter_mib});
}

}  // namespace

void run_media_suite(const MediaOptions& options) {
    MediaSuite(options).run();
}

}  // namespace barid::bench
