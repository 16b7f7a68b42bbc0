#include "media/sandbox_policy.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <string>

#include "media/error.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define BARID_UNDER_SANITIZER 1
#endif
#endif
#ifndef BARID_UNDER_SANITIZER
#define BARID_UNDER_SANITIZER 0
#endif

namespace barid::media {
namespace {

constexpr bool kUnderSanitizer = BARID_UNDER_SANITIZER == 1;

/// What computing, allocating and threads need.
constexpr const char* kAllowed[] = {"read",
                                    "write",
                                    "readv",
                                    "writev",
                                    "recvfrom",
                                    "sendto",
                                    "close",
                                    "poll",
                                    "ppoll",
                                    "fstat",
                                    "mmap",
                                    "munmap",
                                    "mremap",
                                    "mprotect",
                                    "madvise",
                                    "brk",
                                    "membarrier",
                                    "futex",
                                    "futex_waitv",
                                    "set_robust_list",
                                    "get_robust_list",
                                    "rseq",
                                    "set_tid_address",
                                    "sched_yield",
                                    "sched_getaffinity",
                                    "sched_getattr",
                                    "sched_setattr",
                                    "sched_getparam",
                                    "sched_getscheduler",
                                    "sched_get_priority_max",
                                    "sched_get_priority_min",
                                    "getcpu",
                                    "clock_gettime",
                                    "clock_getres",
                                    "clock_nanosleep",
                                    "nanosleep",
                                    "gettimeofday",
                                    "time",
                                    "times",
                                    "getrusage",
                                    "sysinfo",
                                    "uname",
                                    "getrandom",
                                    "eventfd2",
                                    "getpid",
                                    "gettid",
                                    "getppid",
                                    "getuid",
                                    "geteuid",
                                    "getgid",
                                    "getegid",
                                    "exit",
                                    "exit_group",
                                    "rt_sigaction",
                                    "rt_sigprocmask",
                                    "rt_sigreturn",
                                    "sigaltstack",
                                    "restart_syscall"};

/// What libraries try and can live without: a polite refusal keeps them going.
constexpr const char* kRefused[] = {"open",          "openat",        "openat2",
                                    "creat",         "stat",          "lstat",
                                    "newfstatat",    "statx",         "access",
                                    "faccessat",     "faccessat2",    "readlink",
                                    "readlinkat",    "getcwd",        "getdents64",
                                    "unlink",        "unlinkat",      "mkdir",
                                    "mkdirat",       "ftruncate",     "fallocate",
                                    "memfd_create",  "lseek",         "fcntl",
                                    "ioctl",         "dup",           "sched_setaffinity",
                                    "set_mempolicy", "get_mempolicy", "mbind"};

/// What a sanitizer's runtime never does and an attacker would.
constexpr const char* kForbidden[] = {"socket",
                                      "connect",
                                      "bind",
                                      "listen",
                                      "accept",
                                      "accept4",
                                      "socketpair",
                                      "execve",
                                      "execveat",
                                      "fork",
                                      "vfork",
                                      "ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "kill",
                                      "tkill",
                                      "mount",
                                      "umount2",
                                      "setns",
                                      "unshare",
                                      "bpf",
                                      "io_uring_setup",
                                      "keyctl",
                                      "add_key",
                                      "userfaultfd",
                                      "perf_event_open",
                                      "rename",
                                      "renameat",
                                      "renameat2",
                                      "link",
                                      "linkat",
                                      "symlink",
                                      "symlinkat",
                                      "chmod",
                                      "fchmod",
                                      "fchmodat",
                                      "chown",
                                      "truncate",
                                      "mknod",
                                      "mknodat"};

[[noreturn]] void fail(const std::string& what, int error) {
    throw Error(Error::Retry::permanent, "sandbox_unavailable",
                "the decode sandbox can't be built: " + what + ": " + std::strerror(error));
}

void set_limit(int resource, rlim_t soft, rlim_t hard, const char* name) {
    const rlimit limit{.rlim_cur = soft, .rlim_max = hard};
    if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) fail(name, errno);
}

std::uint64_t mapped_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0;
    if (!(statm >> pages)) fail("/proc/self/statm can't be read", EIO);
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

struct ReleaseFilter {
    void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

void check(int result, const char* what) {
    if (result != 0) fail(what, -result);
}

/// System calls that this architecture or kernel doesn't know need no rule.
void add_rules(void* filter, std::uint32_t action, std::span<const char* const> names) {
    for (const char* name : names) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR || number < 0) continue;
        check(seccomp_rule_add_array(filter, action, number, 0, nullptr), name);
    }
}

void add_rule(void* filter, std::uint32_t action, const char* name,
              std::span<const scmp_arg_cmp> conditions) {
    check(seccomp_rule_add_array(filter, action, seccomp_syscall_resolve_name(name),
                                 static_cast<unsigned>(conditions.size()), conditions.data()),
          name);
}

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
    return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
    return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = bits};
}

void add_conditional_rules(void* filter) {
    const auto pid = static_cast<std::uint64_t>(getpid());
    // New threads, never new processes. clone3 hides its flags in memory, where a filter can't
    // look; ENOSYS makes the C library use clone.
    add_rule(filter, SCMP_ACT_ALLOW, "clone", std::array{has_bits(0, CLONE_THREAD)});
    add_rule(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
    // abort() signals its own thread.
    add_rule(filter, SCMP_ACT_ALLOW, "tgkill", std::array{equals(0, pid)});
    add_rule(filter, SCMP_ACT_ALLOW, "prctl", std::array{equals(0, PR_SET_NAME)});
    // The next picture's CPU limit, and questions about limits.
    add_rule(filter, SCMP_ACT_ALLOW, "prlimit64", std::array{equals(0, 0), equals(1, RLIMIT_CPU)});
    add_rule(filter, SCMP_ACT_ALLOW, "prlimit64", std::array{equals(0, 0), equals(2, 0)});
}

void load_filter() {
    const Filter filter(seccomp_init(kUnderSanitizer ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS));
    if (!filter) fail("seccomp_init", ENOMEM);
    // libvips' worker threads exist already: the filter must bind them, too.
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1), "seccomp tsync");
    if (kUnderSanitizer) {
        add_rules(filter.get(), SCMP_ACT_KILL_PROCESS, kForbidden);
    } else {
        add_rules(filter.get(), SCMP_ACT_ALLOW, kAllowed);
        add_rules(filter.get(), SCMP_ACT_ERRNO(EACCES), kRefused);
        add_conditional_rules(filter.get());
    }
    check(seccomp_load(filter.get()), "seccomp_load");
}

}  // namespace

void build_walls(const Walls& walls) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS", errno);
    if (!kUnderSanitizer) {
        if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("PR_SET_DUMPABLE", errno);
        const std::uint64_t space = mapped_bytes() + walls.memory_bytes;
        set_limit(RLIMIT_AS, space, space, "RLIMIT_AS");
        set_limit(RLIMIT_NOFILE, 16, 16, "RLIMIT_NOFILE");
    }
    set_limit(RLIMIT_CPU, walls.cpu_seconds, walls.cpu_seconds, "RLIMIT_CPU");
    set_limit(RLIMIT_FSIZE, 0, 0, "RLIMIT_FSIZE");
    set_limit(RLIMIT_CORE, 0, 0, "RLIMIT_CORE");
    load_filter();
}

void limit_cpu(std::uint64_t seconds) {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    rlimit limit{};
    if (getrlimit(RLIMIT_CPU, &limit) != 0) fail("RLIMIT_CPU", errno);
    const auto spent = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
    limit.rlim_cur = std::min<rlim_t>(spent + seconds + 1, limit.rlim_max);
    if (setrlimit(RLIMIT_CPU, &limit) != 0) fail("RLIMIT_CPU", errno);
}

}  // namespace barid::media
