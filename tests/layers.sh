#!/usr/bin/env bash
# A file includes only headers of its own folder and of those that its layer
# may use (docs/DESIGN.md, "The house").
set -euo pipefail
cd "$(dirname "$0")/.."

allowed() {
    case $1 in
    base) echo "" ;;
    crypto | store) echo "base" ;;
    audit) echo "base crypto" ;;
    policy) echo "base crypto audit" ;;
    disclosure) echo "base crypto" ;;
    vault) echo "base crypto store audit policy" ;;
    counts) echo "base crypto store audit policy disclosure vault" ;;
    release) echo "base counts" ;;
    cli) echo "base crypto store audit policy disclosure vault counts release" ;;
    daemon) echo "base crypto store audit policy disclosure vault counts" ;;
    esac
}

bad=0
for layer in base crypto store audit policy disclosure vault counts release \
    cli daemon; do
    may=" $layer $(allowed "$layer") "
    while IFS=: read -r file line include; do
        other=${include#*\"}
        other=${other%%/*}
        if [[ $may != *" $other "* ]]; then
            echo "$file:$line: $layer/ must not include $other/" >&2
            bad=1
        fi
    done < <(grep -nE '^#include "[a-z]+/' "$layer"/*.[ch] /dev/null 2>/dev/null || true)
done
# What draws a release knows its tables, and not how they came about.
if grep -nE '^#include "counts/' release/*.[ch] |
    grep -vE '"counts/(csv|document_tables|width)\.h"' ||
    grep -nE '^#include "' counts/{csv,document_tables,width}.h |
    grep -v '"base/'; then
    echo "release/ must not reach these" >&2
    bad=1
fi
# svault-audit is of what an outsider needs and of nothing else.
if grep -nE '^#include "[a-z]+/' cli/audit*.[ch] cli/term.[ch] \
    cli/exit_code.[ch] cli/language.[ch] |
    grep -vE '"((base|crypto|audit|policy|disclosure)/[a-z_0-9]+|cli/(audit|audit_bursts|audit_release|audit_sheet|exit_code|language|term))\.h"'; then
    echo "svault-audit must not include these" >&2
    bad=1
fi
# What only one file group may see.
if grep -lE '"vault/gate_internal.h"' ./*/*.c | grep -v '/vault/gate'; then
    echo "gate_internal.h is for vault/gate*.c only" >&2
    bad=1
fi
if grep -lE '"vault/client_internal.h"' ./*/*.c | grep -v '/vault/client'; then
    echo "client_internal.h is for vault/client*.c only" >&2
    bad=1
fi
exit $bad
