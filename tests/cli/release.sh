# A vault with the records of a year, and a release of them; read by the
# scripts that look at a release's files, behind lib.sh.

# request OPTION...: one more release of 2022, approved, in $number.
request() {
    request_of annual --year 2022 --profile exact "$@"
}

# request_of WHAT OPTION...
request_of() {
    expect_exit 0 --key toda.key release request "$@" \
        --basis "Action Plan 2022, article 3; =1+1 <b>" \
        --acknowledge all --json
    number=$(json release)
    expect_exit 0 --key hara.key release show "$number" --json
    expect_exit 0 --key hara.key release approve "$number" --no-input \
        --commitment "$(json commitment)"
}

# What is fetched is in report/.
make_release() {
    make_office
    hire sato caseworker
    hire ito justice_liaison
    hire toda statistics_officer
    hire hara approver
    data=$here/../data/annual-2022
    expect_exit 0 --key sato.key import "$data/victims.csv" --type victim
    expect_exit 0 --key ito.key import "$data/offences.csv" --type offence
    expect_exit 0 --key ito.key import "$data/suspects.csv" --type suspect
    request
    expect_exit 0 --key toda.key release fetch "$number" -o report
}
