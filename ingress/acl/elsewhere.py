"""Words of HAProxy that are not supported here, with the reason: refused as such, not as misspelt."""

from collections.abc import Mapping
from typing import Final

Reasons = Mapping[str, str]
"""From a word to why it is left out."""


def _words(texts: Mapping[str, str]) -> Reasons:
    return {word: reason for reason, words in texts.items() for word in words.split()}


FETCHES: Final = _words(
    {
        "there are no stick tables": """
            sc0_conn_cur sc0_conn_rate sc0_get_gpc0 sc0_http_req_rate sc1_http_req_rate sc2_http_req_rate
            sc_bytes_out_rate sc_conn_cur sc_conn_rate sc_get_gpc0 sc_http_err_rate sc_http_req_rate
            sc_inc_gpc0 src_bytes_in_rate src_conn_cnt src_conn_cur src_conn_rate src_get_gpc0
            src_http_err_rate src_http_req_rate src_inc_gpc0 table_avl table_cnt""",
        "rules see requests, not what comes before HTTP": """
            rdp_cookie rdp_cookie_cnt req.len req.payload req.proto_http req.ssl_alpn req.ssl_hello_type
            req.ssl_sni req.ssl_ver wait_end""",
        "objects have names, not numbers": "be_id fe_id srv_id so_id so_name fe_name nbproc",
        "HTTP/1 is what rules see": "bc_http_major fc_http_major res.ver",
        "what is about a request is in its line of the log": """
            capture.req.hdr capture.req.method capture.req.uri http_first_req last_rule_line txn.id32
            unique-id""",
        "how the kernel and the TLS library fare is nothing to route by": """
            fc_rtt ssl_c_ca_err ssl_c_chain_der ssl_c_err ssl_c_key_alg ssl_c_sig_alg ssl_c_version
            ssl_fc_alg_keysize ssl_fc_session_id ssl_fc_unique_id ssl_fc_use_keysize stopping""",
        "a converter does the same, as in `base,crc32`": "base32 base32+src url32",
        "another fetch gives it: path, method, urlp, hdr_ip, src": """
            meth path_is src_is_local url_ip url_port urlp_ip""",
        "an ACL is named in the condition itself": "acl",
        "fields are asked for by their names": "req.hdr_names req.hdrs",
        "secrets are not for rules": "env http_auth_pass",
    }
)

CONVERTERS: Final = _words(
    {
        "there are no stick tables": """
            in_table table_conn_cnt table_conn_cur table_conn_rate table_gpc0 table_http_req_rate""",
        "rules see requests, not other protocols": """
            fix_is_valid fix_tag_value mqtt_field_value mqtt_is_valid protobuf ungrpc""",
        "tokens are verified by whoever issues them": """
            aes_gcm_dec hmac jwt_header_query jwt_payload_query jwt_verify secure_memcmp""",
        "the action of that name does it": "set-var unset-var",
        "another converter does it: http_date, json_query, hex, crc32": """
            debug htonl json ltime utime wt6 xxh3 language param""",
    }
)

ACTIONS: Final = _words(
    {
        "there are no stick tables": """
            sc-add-gpc sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt0 track-sc0 track-sc1 track-sc2""",
        "a request changes no rules; files are changed where they are kept": """
            add-acl del-acl del-map set-map""",
        "nothing is cached, and nobody else is asked": """
            cache-use do-resolve send-spoe-group use-service""",
        "it is about packets or processes, not about requests": """
            set-mark set-nice set-tos set-priority-class set-priority-offset strict-mode
            wait-for-handshake""",
    }
)

OPTIONS: Final = _words({"answers are written in rules": "default-errorfiles errorfiles lf-file"})
"""Options of actions."""

KINDS: Final = {"Fetches": FETCHES, "Converters": CONVERTERS, "Actions": ACTIONS, "Options": OPTIONS}


def refused(what: str, word: str, reason: str) -> str:
    """The message for a word that is left out."""
    return f'{what} "{word}" of HAProxy is not supported here: {reason}'
