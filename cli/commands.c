#include "cli/app.h"

/*
 * Every command.  Help begins with examples; what nobody can guess follows.
 */
const struct command commands[] = {
    {"key", "new", "FILE --name NAME [--unprotected]", N_("make your key"),
     N_("  svault key new ~/keys/mori.key --name mori\n"
        "\n"
        "Makes FILE, which is yours alone, and FILE.pub, the key card that "
        "you hand to the\n"
        "administrator. It offers a passphrase and asks for it twice. NAME "
        "is your work name:\n"
        "small letters, digits and '-'. It stands in the log, where "
        "outsiders see it.\n"
        "--unprotected makes a key without passphrase, for service accounts "
        "and tests."),
     cmd_key_new},
    {"key", "show", "FILE", N_("show a key's name and fingerprint"),
     N_("  svault key show ~/keys/mori.key\n"
        "\n"
        "Shows work name, fingerprint and protection. No passphrase is "
        "needed. Read the ten\n"
        "words to the supervisor when she telephones you."),
     cmd_key_show},
    {"key", "passwd", "FILE", N_("change a key's passphrase"),
     N_("  svault key passwd ~/keys/mori.key\n"
        "\n"
        "Asks for the present passphrase and twice for the new one. Older "
        "copies of the file\n"
        "still open with the old passphrase: replace them."),
     cmd_key_passwd},
    {"", "unlock", "[--timeout MINUTES]",
     N_("give your passphrase once for a while"),
     N_("  svault unlock\n"
        "  svault unlock --timeout 30\n"
        "\n"
        "Asks for the passphrase and starts an agent: a small process that "
        "holds your key in\n"
        "locked memory and works with it for your other commands. It locks "
        "itself when it was\n"
        "not used for 5 minutes (--timeout: 1 to 480), and 12 hours after "
        "the passphrase. Who\n"
        "works under your account can use it while it is unlocked, but "
        "cannot take the key:\n"
        "svault lock when you leave your desk."),
     cmd_unlock},
    {"", "lock", "", N_("end what svault unlock began"),
     N_("  svault lock\n"
        "  svault lock --key ~/keys/mori.key\n"
        "\n"
        "Wipes the keys of all your agents, or of the one for --key. The "
        "next command asks for\n"
        "the passphrase."),
     cmd_lock},
    {"", "init",
     "DIR --origin NAME --administrator FILE --supervisor FILE "
     "[--recovery KEY.pub] [--profile small-office]",
     N_("found a vault"),
     N_("  svault init ./office --origin office.example/vault \\\n"
        "      --administrator kudo.key --supervisor mori.key\n"
        "\n"
        "Founds a vault in DIR, which must not exist yet. Two people found "
        "it, each with her\n"
        "own key file; each is asked for her passphrase (with "
        "--passphrase-fd: the\n"
        "administrator's line first). The gate's key goes to DIR.gate: keep "
        "it out of the\n"
        "backups of DIR. --origin names the vault's log for ever, as in "
        "office.example/vault.\n"
        "--recovery KEY.pub gives every key to a third one that is kept "
        "elsewhere: it brings\n"
        "back a supervisor who lost hers, and reads nothing. --profile "
        "small-office permits\n"
        "three people what a larger office keeps apart."),
     cmd_init},
    {"", "setup",
     "[--place pc|office] [--dir DIR] [--origin NAME] "
     "[--profile standard|small-office] [--administrator FILE] "
     "[--supervisor FILE] [--recovery KEY.pub]",
     N_("found a vault, led step by step"),
     N_("  svault setup\n"
        "  sudo svault setup\n"
        "\n"
        "Leads through place, founders' keys, founding, service and what to "
        "write down, and shows\n"
        "each step as the command that it is. As root, with svaultd "
        "installed, the vault belongs\n"
        "to an account of its own. Stopped, it says how to go on: what is "
        "done is not done again.\n"
        "Options are answers; with --no-input all are needed. --recovery "
        "none makes do without\n"
        "that key."),
     cmd_setup},
    {"", "status", "[--card]", N_("the vault's state, checked"),
     N_("  svault status\n"
        "  svault status --json\n"
        "  svault status --card > office.card\n"
        "\n"
        "Shows origin, gate's fingerprint, log, staff, and what waits or "
        "warns. Without a key\n"
        "it shows what the gate says of itself, not verified. --card prints "
        "the auditor's card:\n"
        "what svault-audit needs to know of this vault. Hand it over on "
        "paper, once."),
     cmd_status},
    {"", "whoami", "", N_("who you are to the vault"),
     N_("  svault whoami\n"
        "\n"
        "Shows your work name, your roles and until when, your fingerprint "
        "and the vault."),
     cmd_whoami},
    {"", "doctor", "", N_("what is amiss on this machine, and what to do"),
     N_("  svault doctor\n"
        "  svault doctor --json\n"
        "\n"
        "One line for each check: ok, warn or bad, what was found, and what "
        "to do. Permissions of\n"
        "key file and vault, the gate's socket, swap, locked memory, core "
        "files, clock, room on\n"
        "the disk, backup, witness. It needs neither vault nor key. Exit "
        "code 1 where something\n"
        "is bad."),
     cmd_doctor},
    {"staff", "propose", "KEY.pub --role ROLE [--until YYYY-MM-DD]",
     N_("propose a person for a role (administrator)"),
     N_("  svault staff propose sato.key.pub --role caseworker\n"
        "  svault staff propose li.key.pub --role interpreter --until "
        "2026-03-31\n"
        "\n"
        "Takes the key card that the person handed over. Nothing is granted "
        "until a supervisor\n"
        "confirms it."),
     cmd_staff_propose},
    {"staff", "confirm", "NAME [--fingerprint F] [--role ROLE]",
     N_("confirm a proposal (supervisor)"),
     N_("  svault staff confirm sato\n"
        "\n"
        "Shows the fingerprint of the proposed key. Telephone the person "
        "and compare all ten\n"
        "words before you say yes: then her role's keys are sealed to her. "
        "With --fingerprint\n"
        "F it compares F by itself and does not ask. --role chooses one of "
        "several proposals."),
     cmd_staff_confirm},
    {"staff", "replace", "NAME NEW.pub",
     N_("propose a new key for a person (administrator)"),
     N_("  svault staff replace sato sato-2.key.pub\n"
        "  svault staff replace sato sato.key.pub\n"
        "\n"
        "For who lost her key or passphrase, or, with the card she has, was "
        "suspended. A\n"
        "supervisor confirms it (svault staff confirm NAME); then the old "
        "key is worth\n"
        "nothing, and keys that it could open are replaced."),
     cmd_staff_replace},
    {"staff", "revoke", "NAME [--role ROLE] [--yes]",
     N_("end a person's roles at once"),
     N_("  svault staff revoke sato\n"
        "  svault staff revoke sato --role intake\n"
        "\n"
        "One signature, of the administrator or a supervisor, is enough. "
        "Keys that she held are\n"
        "replaced by the next supervisor's command. It also takes back a "
        "proposal."),
     cmd_staff_revoke},
    {"staff", "suspend", "NAME", N_("keep a person out at once"),
     N_("  svault staff suspend sato\n"
        "\n"
        "For a key that is lost or a doubt that has to be cleared up. She "
        "comes back by\n"
        "svault staff replace NAME KEY.pub and a supervisor's confirmation."),
     cmd_staff_suspend},
    {"staff", "list", "", N_("who works here, and what waits"),
     N_("  svault staff list\n"
        "  svault staff list --json\n"
        "\n"
        "Shows names, roles and sponsors, and the proposals that wait for "
        "confirmation."),
     cmd_staff_list},
    {"record", "add", "TYPE [--from FILE]", N_("make a new record"),
     N_("  svault record add victim\n"
        "  svault record add victim --from one-row.csv\n"
        "\n"
        "Asks field by field; ? explains a field, < goes back, Enter leaves "
        "it. Nothing is\n"
        "saved before the summary at the end, and nothing is written to any "
        "other place.\n"
        "TYPE is victim, suspect or offence. A file has a header of "
        "compartment.field names\n"
        "and one row. You are assigned to what you add."),
     cmd_record_add},
    {"record", "list", "TYPE [--limit N] [--before ENTRY]",
     N_("list records, numbered"),
     N_("  svault record list victim\n"
        "  svault record list offence --limit 100\n"
        "\n"
        "The newest first. Your own records show number and initials, each "
        "by a reading that\n"
        "stands in the log; others show handle, dates and who is assigned. "
        "The numbers serve\n"
        "the next commands: svault record show 3."),
     cmd_record_list},
    {"record", "find", "TYPE", N_("find records by name or number"),
     N_("  svault record find victim\n"
        "\n"
        "Asks for names, a case number or a telephone number, or reads one "
        "line of the standard\n"
        "input: never of the command line, which others on the machine can "
        "see. Kanji, kana and\n"
        "Latin letters meet; all words must fit. A record that you may not "
        "see says whom to\n"
        "ask. 20 searches an hour; each stands in the log, without the "
        "words."),
     cmd_record_find},
    {"record", "show", "[ID|N] [-c COMPARTMENT,...]", N_("show a record"),
     N_("  svault record show 3\n"
        "  svault record show 9f31c02a -c identity,facts\n"
        "  svault record show 9f31c02a --purpose safety --json\n"
        "\n"
        "N is the number in the last list, ID the beginning of a handle. "
        "Shows the parts that\n"
        "your role may read. Each reading stands in the log with your name, "
        "role and purpose."),
     cmd_record_show},
    {"record", "edit", "ID|N [-c COMPARTMENT,...]", N_("change a record"),
     N_("  svault record edit 3 -c facts\n"
        "  svault record edit 9f31c02a\n"
        "\n"
        "Asks field by field; Enter keeps what is there. Where your role may "
        "write but not\n"
        "read, it asks for what you have to add. Nothing is overwritten: "
        "each save is a new\n"
        "version. Ctrl-C saves nothing."),
     cmd_record_edit},
    {"record", "assign", "ID|N NAME", N_("assign a record to a person"),
     N_("  svault record assign 3 sato\n"
        "\n"
        "A supervisor assigns; then sato can work with the record."),
     cmd_record_assign},
    {"record", "unassign", "ID|N NAME", N_("end an assignment"),
     N_("  svault record unassign 3 sato\n"
        "\n"
        "Ends what svault record assign began."),
     cmd_record_unassign},
    {"record", "history", "ID|N", N_("a record's versions"),
     N_("  svault record history 3\n"
        "\n"
        "Shows when and by whom each part was saved, and the log's entry. "
        "No content."),
     cmd_record_history},
    {"", "import", "FILE --type TYPE [--dry-run] [--skip-bad OUT]",
     N_("bring in records from a CSV file"),
     N_("  svault import victims.csv --type victim --dry-run\n"
        "  svault import victims.csv --type victim\n"
        "\n"
        "The file is CSV in UTF-8; its first row names the columns "
        "(identity.case_no, ...);\n"
        "repeated values are separated by ';'. The whole file is checked "
        "first: if any row is\n"
        "faulty, nothing is brought in, unless --skip-bad OUT puts those "
        "rows into OUT.\n"
        "After an interruption the same command goes on; nothing comes in "
        "twice. --dry-run\n"
        "only checks, and needs neither vault nor key."),
     cmd_import},
    {"counts", "run", "PLAN", N_("a preview of a plan's tables, rounded"),
     N_("  svault counts run shelters.counts\n"
        "\n"
        "Counts by the plan in the file and shows a preview, headed NOT "
        "RELEASED; 20 a day. Its\n"
        "figures are disturbed and rounded to multiples of 5; a table has at "
        "most three fields,\n"
        "and where names one code of each. Exact figures leave by a "
        "release."),
     cmd_counts_run},
    {"counts", "check", "PLAN", N_("read a plan and print its plain form"),
     N_("  svault counts check shelters.counts\n"
        "\n"
        "Names what is wrong by line and column, and what would be unsafe "
        "about the figures\n"
        "(advice, on stderr). Needs neither vault nor key."),
     cmd_counts_check},
    {"report", "annual",
     "--year YYYY [--authority CODE] [--fiscal] [--as-of YYYY-MM-DD] "
     "[--minor-age N]",
     N_("a preview of the yearly report, rounded"),
     N_("  svault report annual --year 2022\n"
        "  svault report annual --year 2022 --fiscal --minor-age 20\n"
        "\n"
        "The yearly report's figures, disturbed and rounded to multiples of "
        "5, headed NOT\n"
        "RELEASED. Those that may leave: svault release request annual. The "
        "authority is national\n"
        "unless given; minors are under 18 unless 20 is given."),
     cmd_report_annual},
    {"release", "request",
     "annual|PLAN [--profile public|exact] [--basis TEXT] [--year YYYY ...] "
     "[--recipient KEY.pub] [--acknowledge all]",
     N_("ask for figures that leave the vault (statistics officer)"),
     N_("  svault release request annual --year 2022\n"
        "  svault release request annual --year 2022 --profile exact \\\n"
        "      --basis \"Action Plan 2022, annual report\"\n"
        "  svault release request shelters.counts\n"
        "\n"
        "public: multiples of 5 whose sums are sums, the same in every later "
        "report and plan, and\n"
        "proved safe against whoever lays them beside all that was released "
        "before; else nothing\n"
        "is made. exact: the counts themselves, on a legal basis. The vault "
        "lists the cells in which\n"
        "fewer than five people stand, or follow by subtraction. You "
        "acknowledge each, or all at\n"
        "once (--acknowledge all, which the log says). A plan's method says "
        "which it is.\n"
        "\n"
        "Somebody else approves, before any other release; then you fetch. "
        "With --recipient the\n"
        "figures are sealed to that key. Options of svault report annual "
        "apply to annual.\n"
        "20 requests a day."),
     cmd_release_request},
    {"release", "acknowledge", "N [--acknowledge all]",
     N_("go on with the unsafe cells of a request"),
     N_("  svault release acknowledge 812\n"
        "\n"
        "For a request whose questions were interrupted."),
     cmd_release_acknowledge},
    {"release", "list", "", N_("releases and where they stand"),
     N_("  svault release list\n"
        "\n"
        "Your own requests; approvers see all."),
     cmd_release_list},
    {"release", "show", "N", N_("what a release is about"),
     N_("  svault release show 812\n"
        "\n"
        "The requester sees which cells are unsafe; an approver sees the "
        "very figures, and the\n"
        "risk report with its values."),
     cmd_release_show},
    {"release", "approve", "N [--commitment C]",
     N_("approve those very figures (approver)"),
     N_("  svault release approve 812\n"
        "\n"
        "Shows them and asks. Never one's own request. Once; it expires "
        "after 30 days. With\n"
        "--no-input, C is the commitment that svault release show printed."),
     cmd_release_approve},
    {"release", "refuse", "N", N_("refuse a release (approver)"),
     N_("  svault release refuse 812\n"
        "\n"
        "It has to be requested anew then."),
     cmd_release_refuse},
    {"release", "fetch", "N -o DIR", N_("the figures that were approved"),
     N_("  svault release fetch 812 -o report-2022\n"
        "\n"
        "Writes report.json, report.csv, the table in English and Japanese, "
        "and the proof that\n"
        "ties them to the log, into a new directory. Byte for byte what was "
        "approved."),
     cmd_release_fetch},
    {"release", "open", "FILE -o DIR", N_("open a release sealed to you"),
     N_("  svault release open release.sealed -o report-2022\n"
        "\n"
        "For the recipient that the request named: needs her key and no "
        "vault."),
     cmd_release_open},
    {"log", "list",
     "[--user NAME] [--record ID] [--since YYYY-MM-DD] [--from N] "
     "[--limit N]",
     N_("who did what, and why (auditor)"),
     N_("  svault log list\n"
        "  svault log list --user sato --since 2026-03-01\n"
        "  svault log list --record 9f31c02a --json\n"
        "\n"
        "The last 25 entries, or those that match. Each is verified to be "
        "in the log. #812 is\n"
        "the release, proposal or assignment that entry 812 made. Reading the "
        "log stands in the\n"
        "log, too."),
     cmd_log_list},
    {"log", "show", "N", N_("one entry of the log as it stands"),
     N_("  svault log show 120\n"
        "\n"
        "Shows the gate's lines and the request as its actor signed it."),
     cmd_log_show},
    {"log", "verify", "[--store]", N_("check the whole log and the store"),
     N_("  svault log verify\n"
        "  svault log verify --store --json\n"
        "\n"
        "Recomputes the tree, checks every signature, re-derives every "
        "decision, and has the\n"
        "store compared with the log. Exit code 4 where anything is "
        "altered: it says where.\n"
        "--store does the comparison alone: each version that is missing, "
        "added, rolled back,\n"
        "damaged or exchanged is named."),
     cmd_log_verify},
    {"log", "acknowledge", "N",
     N_("an emergency assignment has been looked at"),
     N_("  svault log acknowledge 120\n"
        "\n"
        "Assignments for the purpose emergency, or after somebody was "
        "denied that record for\n"
        "want of break-glass, are flagged until somebody else has looked at "
        "them."),
     cmd_log_acknowledge},
    {"log", "head", "", N_("the log's signed head"),
     N_("  svault log head > head.note\n"
        "\n"
        "Prints the signed head as other tools read it (C2SP "
        "tlog-checkpoint). Keep it\n"
        "elsewhere: a later log must extend it."),
     cmd_log_head},
    {"", "relay", "[SOCKET]", NULL,
     N_("  svault relay\n"
        "  command=\"svault relay\",restrict ssh-ed25519 AAAA... a desk\n"
        "\n"
        "The far end of --vault ssh:HOST, which ssh starts there: it joins "
        "its standard input\n"
        "and output to svaultd's socket. The second line, in "
        "authorized_keys, lets that key do\n"
        "nothing else."),
     cmd_relay},
    {"log", "export", "DIR [--heads-only] [--cosigned]",
     N_("the log as files that outsiders check (auditor)"),
     N_("  svault log export /media/stick/office-log\n"
        "  svault log export office-heads --heads-only\n"
        "\n"
        "Writes head, hash tiles and entries (C2SP tlog-tiles) into DIR, or "
        "adds what is new to\n"
        "an export that is there, after checking that it is a beginning of "
        "this log. Whoever has\n"
        "the auditor's card checks it with svault-audit. --heads-only "
        "leaves the entries out.\n"
        "--cosigned exports the log as of the last head that a witness "
        "cosigned."),
     cmd_log_export},
    {"log", "prove", "N -o FILE.tlog-proof",
     N_("one entry with a proof of it, for outsiders (auditor)"),
     N_("  svault log prove 120 -o reading.tlog-proof\n"
        "\n"
        "Writes the entry to reading.entry, and beside it the proof (C2SP "
        "tlog-proof) that it\n"
        "stands in the log. svault-audit proof checks them, without any "
        "vault."),
     cmd_log_prove},
    {"log", "witness", "-o FILE [--witness VKEY] | --collect FILE",
     N_("have a witness cosign the log's head"),
     N_("  svault log witness -o /media/stick/office.request \\\n"
        "      --witness board.example/w1+280dd169+BGG42EbWl8PD...\n"
        "  svault log witness --collect /media/stick/office.request.cosigned\n"
        "\n"
        "A witness (svault-audit witness) is somebody outside who cosigns a "
        "log that only grows:\n"
        "whoever cuts it or shows two of it is found out by her. -o writes "
        "the request (head and\n"
        "proof, no entries), --collect checks her answer and keeps it beside "
        "your key; status and\n"
        "doctor say how old it is, and log export puts it on the head. "
        "--witness is her key (vkey),\n"
        "later her name; with one witness it can be left out. Nothing waits "
        "for a witness."),
     cmd_log_witness},
    {"backup", "create", "FILE", N_("make a backup (administrator)"),
     N_("  svault backup create /media/stick/office-2026-03-01.svb\n"
        "\n"
        "Writes what is stored, sealed as it is: the file opens with the "
        "gate's sheet (A) only, and\n"
        "shows records to nobody without their keys. It is synced, read "
        "again and verified before\n"
        "the file gets its name. Others go on working meanwhile."),
     cmd_backup_create},
    {"backup", "verify", "FILE [--sheet FILE|-]", N_("check a backup"),
     N_("  svault backup verify office-2026-03-01.svb\n"
        "  svault backup verify office-2026-03-01.svb --sheet -\n"
        "\n"
        "Every byte, the signature, and that the vault's log goes on from "
        "it. With sheet A, typed\n"
        "(-) or in a file, no vault is needed: every row is opened and the "
        "log replayed, in a\n"
        "directory under TMPDIR as large as the vault, which is removed "
        "again."),
     cmd_backup_verify},
    {"backup", "restore", "FILE DIR [--sheet FILE|-]",
     N_("make a vault from a backup and sheet A"),
     N_("  svault backup restore office-2026-03-01.svb ./office\n"
        "\n"
        "DIR and DIR.gate must not exist. Asks for the four lines of sheet "
        "A, and checks every\n"
        "row and the whole log. Then the vault waits for svault backup "
        "confirm."),
     cmd_backup_restore},
    {"backup", "confirm",
     "FILE --with KEY2|--sheet FILE|- [--administrator NEW.pub]",
     N_("two people let a restored vault go on"),
     N_("  svault backup confirm office.svb --key kudo.key --with mori.key\n"
        "  svault backup confirm office.svb --key rescue.key --sheet - \\\n"
        "      --administrator kudo.key.pub\n"
        "\n"
        "Two of administrator, supervisor and recovery. Where their keys are "
        "lost, too: the key\n"
        "for recovery, and sheet A in place of the other person. NEW.pub is "
        "a new key card under\n"
        "an administrator's name; she then brings the others back: svault "
        "help staff replace."),
     cmd_backup_confirm},
    {"sheet", "gate", "DIR.gate [-o FILE|--print]",
     N_("print sheet A, the gate's root"),
     N_("  svault sheet gate ./office.gate\n"
        "\n"
        "Four lines for paper. With a backup they make the vault again; "
        "keep them apart from it."),
     cmd_sheet_gate},
    {"sheet", "key", "FILE [-o FILE|--print]",
     N_("print sheet B, a key without its passphrase"),
     N_("  svault sheet key rescue.key\n"
        "\n"
        "For the key for recovery, above all. Whoever has the sheet has the "
        "key."),
     cmd_sheet_key},
    {"sheet", "check", "gate|key FILE [--sheet FILE|-]",
     N_("compare a sheet with the file that it was made from"),
     N_("  svault sheet check gate ./office.gate\n"
        "\n"
        "Type the four lines from the paper; a wrong one is named."),
     cmd_sheet_check},
    {"sheet", "read",
     "key -o FILE --name NAME [--sheet FILE|-] [--unprotected]",
     N_("make a key file from sheet B"),
     N_("  svault sheet read key -o rescue.key --name rescue\n"
        "\n"
        "NAME stands on the sheet. Asks for a new passphrase. For the "
        "gate's sheet: svault help\n"
        "backup restore."),
     cmd_sheet_read},
    {"", "help", "[TOPIC|NOUN [VERB]]", N_("help"),
     N_("  svault help\n"
        "  svault help record show\n"
        "  svault help exit-codes\n"
        "  svault help options"),
     cmd_help},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
