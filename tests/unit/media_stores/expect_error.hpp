// Runs `work` and returns the media::Error it threw; fails the test when there is none.
#pragma once

#include <gtest/gtest.h>

#include "media/error.hpp"

namespace barid::media {

template <class F>
Error thrown_by(F work) {
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {Error::Retry::permanent, "nothing_thrown", ""};
}

}  // namespace barid::media
