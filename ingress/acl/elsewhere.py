"""Words of HAProxy that are not supported here: refused as such, not as misspelt."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FETCHES: Final = _words(
    """
    acl base32 base32+src bc_http_major be_id capture.req.hdr
    capture.req.method capture.req.uri env fc_http_major fc_rtt fe_id fe_name
    http_auth_pass http_first_req last_rule_line meth nbproc path_is rdp_cookie
    rdp_cookie_cnt req.hdr_names req.hdrs req.len
    req.payload req.proto_http req.ssl_alpn req.ssl_hello_type req.ssl_sni req.ssl_ver
    res.ver sc0_conn_cur sc0_conn_rate sc0_get_gpc0 sc0_http_req_rate
    sc1_http_req_rate sc2_http_req_rate sc_bytes_out_rate sc_conn_cur sc_conn_rate sc_get_gpc0
    sc_http_err_rate sc_http_req_rate sc_inc_gpc0 so_id so_name src_bytes_in_rate src_conn_cnt
    src_conn_cur src_conn_rate src_get_gpc0 src_http_err_rate src_http_req_rate src_inc_gpc0 src_is_local
    srv_id ssl_c_ca_err ssl_c_chain_der ssl_c_err ssl_c_key_alg ssl_c_sig_alg ssl_c_version
    ssl_fc_alg_keysize ssl_fc_session_id ssl_fc_unique_id ssl_fc_use_keysize
    stopping table_avl table_cnt txn.id32 unique-id url32 url_ip url_port urlp_ip wait_end
    """
)

CONVERTERS: Final = _words(
    """
    aes_gcm_dec debug fix_is_valid fix_tag_value hmac htonl in_table json jwt_header_query jwt_payload_query
    jwt_verify language ltime mqtt_field_value
    mqtt_is_valid param protobuf secure_memcmp set-var table_conn_cnt
    table_conn_cur table_conn_rate table_gpc0 table_http_req_rate ungrpc unset-var utime wt6 xxh3
    """
)

ACTIONS: Final = _words(
    """
    add-acl cache-use capture del-acl del-map disable-l7-retry do-resolve early-hint normalize-uri
    sc-add-gpc sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt0 send-spoe-group set-dst set-dst-port
    set-log-level set-map set-mark set-nice set-priority-class set-priority-offset set-src set-src-port
    set-timeout set-tos strict-mode track-sc0 track-sc1 track-sc2 use-service
    wait-for-handshake
    """
)

OPTIONS: Final = _words(
    """
    default-errorfiles errorfiles lf-file
    """
)
"""Options of actions."""
