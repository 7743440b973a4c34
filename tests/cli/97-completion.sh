#!/bin/sh
# What bash offers: words of the program and files; nothing of a vault.
. "$(dirname "$0")/lib.sh"

script=$(dirname "$SVAULT")/packaging/svault.bash
[ -s "$script" ] || fail "there is no $script"
cat >drive <<'END'
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_svault
echo "${COMPREPLY[*]}"
END
mkdir work office-files
cd work || exit 1
mkdir d
touch sato.key sato.key.pub d/li.key.pub shelters.counts

# offers "WORDS OF THE LINE" "WHAT"; the last word is the one being typed.
offers() {
    line="completion of: $1|"
    # In a directory beside this one, so that its files are the only ones.
    eval "bash --norc ../drive \"\$script\" svault $1" >"$dir/out" 2>"$dir/err"
    [ "$(cat "$dir/out")" = "$2" ] || fail "$line not: $2"
    [ ! -s "$dir/err" ] || fail "$line says something"
}

# The options that every command takes, in the first column of their help.
global=$("$SVAULT" help options </dev/null | cut -c1-22 |
    grep -oE -e '--[a-z-]+' | LC_ALL=C sort -u | paste -sd ' ')
case $global in *--as*--key*--vault*) ;; *) fail "no options: $global" ;; esac

offers 'recor' "record"
offers 're' "record release report"
offers 'record ""' "add assign edit find history list show unassign"
offers 'record s' "show"
offers 'record show --' "$global"
offers 'record show -' "$global -c"
offers 'staff propose --r' "--role"
offers 'staff propose --role care' ""
offers 'staff propose --role ca' "caseworker"
offers 'staff propose sato.key.pub --role super' "supervisor"
offers 'staff propose ""' "d sato.key.pub"
offers 'key show sato' "sato.key sato.key.pub"
offers 'counts check sh' "shelters.counts"
offers '--key sato.key --as off record li' "list"
offers '--key sa' "sato.key sato.key.pub"
offers '--as stat' "statistics_officer"
offers 'record list ""' "offence suspect victim"
offers 'record show 3 -c fa' "facts"
offers 'record show 3 -c facts,nar' "facts,narrative"
offers '--lang ""' "en ja"
offers 'help rec' "record"
offers 'help record s' "show"
offers 'init d --profile ""' "small-office"
offers 'release request a' "annual"

# Names, handles, numbers and dates are never offered, in any place.
cd ../office-files || exit 1
make_office
hire sato caseworker
export SVAULT_VAULT="$PWD/office" SVAULT_KEY="$PWD/sato.key"
expect_exit 0 --as caseworker record list victim
mkdir ../empty
cd ../empty || exit 1
for words in 'record show ""' 'record assign ""' 'record assign 1 ""' \
    'record find victim ""' 'staff confirm ""' 'staff revoke ""' \
    'staff replace ""' 'log list --user ""' 'log list --record ""' \
    'log show ""' 'release approve ""' 'staff propose x --until ""' \
    '--purpose ""' '--gate ""'; do
    offers "$words" ""
done
finish
