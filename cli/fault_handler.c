#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/app.h"
#include "crypto/rng.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

#define STACK_SIZE 16384

/* Only what is allowed in a signal handler: no translation, no stdio. */
static void
on_fault(int number)
{
    static const char line[] =
        "svault: the vault's data file is damaged, or this program is: it "
        "was stopped while reading. Keep the directory as it is; svault log "
        "verify on a copy says more.\n";
    ssize_t n;

    (void)number;
    n = write(STDERR_FILENO, line, sizeof line - 1);
    (void)n;
    _exit(EXIT_ALTERED);
}

/* In the middle of whatever it was. */
static void
on_no_randomness(void)
{
    static const char line[] =
        "svault: this machine gives no random numbers, so the program was "
        "stopped. Look first whether what you were doing is in (svault record "
        "list, svault log list); repeat it only if it is not.\n";
    ssize_t n = write(STDERR_FILENO, line, sizeof line - 1);

    (void)n;
    _exit(EXIT_UNSURE);
}

void
fault_handler_install(void)
{
    static uint8_t stack[STACK_SIZE];
    static const int with_sanitizer[] = {SIGBUS};
    static const int all[] = {SIGBUS, SIGSEGV, SIGABRT};
    const int *numbers = UNDER_SANITIZER ? with_sanitizer : all;
    size_t n = UNDER_SANITIZER ? 1 : sizeof all / sizeof all[0];
    stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_fault};

    rng_on_failure(on_no_randomness);
    /* A stack overflow needs another stack to be reported on. */
    if (sigaltstack(&alternative, NULL) == 0)
        action.sa_flags = SA_ONSTACK;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < n; i++)
        (void)sigaction(numbers[i], &action, NULL);
}
