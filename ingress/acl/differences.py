"""DIFFERENCES: where a rule does not do, on purpose, what it does in HAProxy."""

from typing import Final

DIFFERENCES: Final = (
    "`http://host` without a slash: no path there; here it is `/`, for which the server is asked",
    "an absolute-form target with a default port: HAProxy takes it out of target and Host",
    "set-header Host beside an absolute-form target: HAProxy changes the host in the target too",
    "LOCALHOST: `::1` too",
    "`ssl_fc_sni`: in lower case, as names of hosts are compared",
    "regular expressions are RE2: no look-around, no back-references, linear time",
    "refused here: an empty condition, `or` beside nothing, patterns of delimiters only, an empty value",
    "refused here: a suffix beside a converter, well-known methods in lower case, negative numbers",
    "refused here: an operator without a number or before a range, a flag among the values",
    "refused here: abbreviated IPv4 addresses, hdr, cook and urlp without a name",
    "refused here: redirect options without effect, flags of formats such as `%{+Q}`",
    "refused here: arguments with line ends, `\\x41` in substitutes, variables of scopes proc and sess",
    "the sum of two negative numbers: HAProxy 2.6 gives the largest number there is",
    "`http_date`, `utime`, `ltime` of times before 1970: a date here, nonsense there; beyond the year 9999: "
    "no sample",
    "`port_only` of a port that is no number: 0 here",
    "`ub64dec`, `b64dec` of a text that is not base64, or empty: no sample, or an empty one",
    "`json_query` of a text that is no JSON: no sample here, what can be guessed there; texts in UTF-8",
    "arithmetic on a truth (`ssl_fc,or(2)`): a number here, still a truth there",
    "`var()` with `-m bool` whose content is an address: false here",
    "`\\b` in `regsub` sees what stands before it; at most 1000 replacements",
    "`set-method` changes what `method` gives, and neither makes a HEAD of a request nor changes one",
    "`set-query` of `OPTIONS *` does nothing; what cannot stand in a target is sent as `%XX`; a path begins "
    "with `/`",
    "rules about answers may ask about the request; `req` variables are seen there",
    "`map_str_ip` and its like: their addresses may be compared and converted here",
    "files are keys of ConfigMaps, with at most 250 regular expressions or ranges; `-M`, `-i` before `-f`",
    "`normalize-uri` under a condition: what it says; of those that could have an option and have none, "
    "HAProxy 2.6 makes `path-merge-slashes`",
    "`set-src` and its like: what is made of headers counts only from a trusted proxy",
    "`capture`: `len` in all rules, no declared slots; by its name in the log, which is JSON",
    "`set-timeout`: kept to the second, and never shorter",
    "refused here: setting what frames a message or tells of the client",
    "userlists: Secrets or tags, no passwords in clear; the scheme `Basic` in full; no NUL in a password",
    "`req.body` and its like wait for the body, and see 64 KiB of it; `wait-for-body` takes a unit",
    "http_auth and req.body in rules about answers are refused here: keep them by `set-var(txn.x)`",
)
