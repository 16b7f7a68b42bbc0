// The suite `translate`: segments through the memory and the gates, and a catalogue's backfill
// against a stand-in of DeepL that keeps DeepL's limits.
#pragma once

#include <string>

namespace barid::bench {

struct TranslateOptions {
    std::string url;  ///< a superuser's; databases are made and dropped beside it
    int runs = 3;
    double scale = 1;  ///< 1: 10,000 products
    std::string only;  ///< case names that contain this; empty: all
};

void run_translate_suite(const TranslateOptions& options);

/// A worker with the translation kinds, asking DeepL at `provider_url`, until its input ends.
struct TranslatorRole {
    std::string url;
    std::string provider_url;
};
/// Prints READY. Returns the exit code.
int run_translator(const TranslatorRole& role);

}  // namespace barid::bench
