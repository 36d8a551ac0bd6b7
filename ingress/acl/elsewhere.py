"""Words of HAProxy that are not supported here, and why: refused as such, not as misspelt."""

from collections.abc import Mapping
from typing import Final

_TABLES: Final = "there are no stick tables"
_BYTES: Final = "rules see requests, not the bytes of connections"
_FRONTEND: Final = "there are no frontends or listeners with names"
_KEYS: Final = "keys are not for rules, which many may read"
_MODULES: Final = "it belongs to a module of HAProxy that has no counterpart here"
_SOCKETS: Final = "packets are not marked here"
_QUEUES: Final = "no request waits in a queue that it could overtake others in"
_RUNTIME: Final = "files are ConfigMaps: change those"
_HANDSHAKE: Final = (
    "what came of the handshake can be asked for by ssl_fc_protocol, ssl_fc_cipher and their like"
)
_NEVER: Final = "there is nothing that it could be about here"


def _reasons(*groups: tuple[str, str]) -> Mapping[str, str]:
    return {word: reason for reason, words in groups for word in words.split()}


FETCHES: Final = _reasons(
    (
        _TABLES,
        """
        sc0_conn_cur sc0_conn_rate sc0_get_gpc0 sc0_http_err_rate sc0_http_req_rate sc1_conn_rate
        sc1_http_req_rate sc2_conn_rate sc2_http_req_rate sc_bytes_in_rate sc_bytes_out_rate sc_conn_cnt
        sc_conn_cur sc_conn_rate sc_get_gpc sc_get_gpc0 sc_get_gpt0 sc_gpc0_rate sc_http_err_cnt
        sc_http_err_rate sc_http_fail_rate sc_http_req_cnt sc_http_req_rate sc_inc_gpc sc_inc_gpc0
        sc_sess_cnt sc_sess_rate sc_tracked sc_trackers src_bytes_in_rate src_bytes_out_rate src_conn_cnt
        src_conn_cur src_conn_rate src_get_gpc0 src_get_gpt0 src_http_err_cnt src_http_err_rate
        src_http_req_cnt src_http_req_rate src_inc_gpc0 src_sess_cnt src_sess_rate table_avl table_cnt
        """,
    ),
    (
        _BYTES,
        """
        payload payload_lv rdp_cookie rdp_cookie_cnt req.hdrs req.hdrs_bin req.len req.payload
        req.payload_lv req.proto_http req.rdp_cookie req.ssl_alpn req.ssl_hello_type req.ssl_sni
        req.ssl_ver res.body res.body_len res.hdrs res.len res.payload wait_end
        """,
    ),
    (_FRONTEND, "be_id dst_conn fe_client_timeout fe_defbe fe_id fe_name so_id so_name srv_id"),
    (
        "servers have no limit of requests, and none waits",
        "be_conn_free srv_conn_free srv_queue prio_class prio_offset",
    ),
    ("set a variable in its place, by set-var", "capture.req.hdr capture.res.hdr acl"),
    (
        "it would show what only the machine should know",
        "env proc thread cpu_calls last_rule_file last_rule_line",
    ),
    (
        _HANDSHAKE,
        """
        ssl_fc_alg_keysize ssl_fc_cipherlist_bin ssl_fc_cipherlist_hex ssl_fc_cipherlist_str
        ssl_fc_client_random ssl_fc_has_crt ssl_fc_has_early ssl_fc_session_id ssl_fc_session_key
        ssl_fc_unique_id ssl_fc_use_keysize ssl_bc ssl_bc_cipher ssl_bc_protocol
        """,
    ),
    (
        "a certificate that is not good ends the handshake; ssl_c_s_dn and its like tell of good ones",
        "ssl_c_ca_err ssl_c_chain_der ssl_c_err ssl_c_key_alg ssl_c_sig_alg ssl_c_version",
    ),
    ("passwords stay with those who compare them", "http_auth_pass"),
    (
        "compare method, path or host by their own fetches",
        "path_is req.hdr_names res.hdr_names urlp_ip url_ip url_port",
    ),
    (
        _NEVER,
        "bc_src fc_fackets fc_rtt fc_rttvar http_first_req nbproc res.ver src_is_local dst_is_local txn.id32",
    ),
)

CONVERTERS: Final = _reasons(
    (
        _TABLES,
        """
        in_table table_bytes_in_rate table_bytes_out_rate table_conn_cnt table_conn_cur table_conn_rate
        table_gpc0 table_gpc0_rate table_gpt0 table_http_err_rate table_http_req_cnt table_http_req_rate
        table_sess_rate table_trackers
        """,
    ),
    (_KEYS, "aes_gcm_dec jwt_verify"),
    (
        _MODULES,
        """
        51d.single capture-req capture-res da-csv-conv debug fix_is_valid fix_tag_value mqtt_field_value
        mqtt_is_valid protobuf rfc7239_field srv_queue ungrpc x509_v_err_str xxh3
        """,
    ),
    ("it came after HAProxy 2.6; write urlp, or field", "param"),
)

ACTIONS: Final = _reasons(
    (
        _TABLES,
        """
        sc-add-gpc sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt sc-set-gpt0 track-sc0 track-sc1 track-sc2
        """,
    ),
    (_RUNTIME, "add-acl del-acl del-map set-map"),
    (_QUEUES, "set-nice set-priority-class set-priority-offset"),
    (_SOCKETS, "set-mark set-tos"),
    (
        _MODULES,
        "cache-store cache-use do-resolve expect-netscaler-cip send-spoe-group switch-mode use-service",
    ),
    ("leave it out: what rules rewrite never fails", "strict-mode"),
    ("leave it out: a request begins when the handshake is over", "wait-for-handshake"),
    ("it is a setting of listeners, not of rules", "expect-proxy"),
)

OPTIONS: Final = _reasons(
    ("there are no such sections: name a key of a ConfigMap by errorfile", "default-errorfiles errorfiles"),
    ("write the text into the rule, by lf-string", "lf-file"),
)
"""Options of actions."""

KINDS: Final = {"Fetches": FETCHES, "Converters": CONVERTERS, "Actions": ACTIONS, "Options": OPTIONS}


def refused(what: str, word: str, reason: str) -> str:
    """The message for a word that is left out."""
    return f'{what} "{word}" of HAProxy is not supported here: {reason}'
