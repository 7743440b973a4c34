#!/bin/sh
# The manual page has every command, option and exit code that the program
# has, and renders.
. "$(dirname "$0")/lib.sh"

page=$(dirname "$SVAULT")/packaging/svault.1
[ -s "$page" ] || fail "there is no $page"
tr -d '\\' <"$page" >plain

# One command of the page in one line, as in "record show ID|N -c ...".
awk '/^\.It Xo/ { line = ""; inside = 1; next }
     /^\.Xc/ { print line; inside = 0 }
     inside { sub(/^\.(Nm|Oo|Oc)/, ""); sub(/^\.Fl /, "-");
              sub(/^\.(Ic|Ar) /, "");
              if ($0 != "") line = line (line == "" ? "" : " ") $0 }' \
    plain >commands
"$SVAULT" help --json >all </dev/null
n=$("$JSON_GET" "" <all)
[ "$n" -ge 22 ] || fail "only $n commands"
[ "$(wc -l <commands)" -eq "$n" ] || fail "the page has more or fewer than $n"
i=0
while [ $i -lt "$n" ]; do
    usage="$("$JSON_GET" $i.noun <all) $("$JSON_GET" $i.verb <all)"
    usage="$usage $("$JSON_GET" $i.arguments <all)"
    usage=$(echo "$usage" | tr -d '[]' | sed 's/^ *//; s/ *$//')
    grep -qxF -e "$usage" commands || fail "the page lacks: $usage"
    i=$((i + 1))
done
for what in options:option:Fl exit-codes:code:It; do
    IFS=: read -r topic key macro <<END
$what
END
    "$SVAULT" help "$topic" --json >all </dev/null
    n=$("$JSON_GET" "" <all)
    i=0
    while [ $i -lt "$n" ]; do
        word=$("$JSON_GET" "$i.$key" <all | sed 's/^-//; s/[ ,].*//')
        grep -qE "^\.It.*$macro? ?$word( |$)|^\.It $word$" plain ||
            fail "the page lacks $topic $word"
        i=$((i + 1))
    done
done

# The other programs: each long option and command of their own help.
for program in svaultd.8 svault-audit.1; do
    name=${program%.*}
    [ -x "$(dirname "$SVAULT")/$name" ] || continue
    tr -d '\\' <"$(dirname "$page")/$program" >plain
    "$(dirname "$SVAULT")/$name" --help >out </dev/null
    { grep -oE '^  +--[a-z-]+|, --[a-z]+' out | tr -d ' ,'
        sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' out; } >words
    [ "$(wc -l <words)" -ge 4 ] || fail "$name: what is its help?"
    while read -r word; do
        grep -qE -e "^\.(It|Op|Cm).* ${word#-}( |\$)" plain ||
            fail "the page of $name lacks $word"
    done <words
done

# Well-formed, as far as there is something here that says so.  What it
# refers to may not be installed; generated lines have any length.
for tool in mandoc man; do
    command -v $tool >/dev/null || continue
    case $tool in
    mandoc)
        for p in "$(dirname "$page")"/*.[18]; do
            mandoc -T lint -W style "$p" 2>&1 |
                grep -v -e 'referenced manual not found' -e 'longer than 80' \
                    -e 'outdated mandoc.db' >out
            [ ! -s out ] || fail "mandoc finds something in $p"
        done
        ;;
    man)
        LANG=C.UTF-8 MANWIDTH=80 man -l "$page" >out 2>err || fail "man fails"
        expect_in out "svault record show"
        [ ! -s err ] || fail "man warns"
        ;;
    esac
done
finish
