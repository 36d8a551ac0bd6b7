"""Words of HAProxy that are not supported here: refused as such, not as misspelt."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FETCHES: Final = _words(
    """
    avg_queue be_conn be_id be_name be_sess_rate bool capture.req.hdr capture.req.method capture.req.uri
    connslots date dst dst_port env fe_conn fe_id fe_name fe_sess_rate hostname http_auth http_auth_group
    http_first_req int nbproc nbsrv queue rand rdp_cookie rdp_cookie_cnt req.body req.body_len
    req.body_param req.body_size req.len req.payload req.proto_http req.ssl_alpn req.ssl_hello_type
    req.ssl_sni req.ssl_ver res.cook res.fhdr res.hdr res.hdr_cnt res.ver sc0_http_req_rate
    sc1_http_req_rate sc2_http_req_rate sc_bytes_out_rate sc_conn_cur sc_conn_rate sc_get_gpc0
    sc_http_err_rate sc_http_req_rate sc_inc_gpc0 scook shdr so_id so_name src_conn_cur src_conn_rate
    src_get_gpc0 src_http_req_rate src_inc_gpc0 src_is_local src_port srv_conn srv_id srv_is_up
    srv_sess_rate ssl_c_s_dn ssl_c_used ssl_c_verify ssl_fc_alpn ssl_fc_cipher ssl_fc_protocol ssl_fc_sni
    status stopping str table_avl table_cnt unique-id url_ip url_port uuid var wait_end
    """
)

CONVERTERS: Final = _words(
    """
    add aes_gcm_dec and b64dec base64 bool bytes concat cpl crc32 crc32c debug digest div djb2 even field
    fix_is_valid fix_tag_value hex hex2i hmac host_only htonl http_date iif in_table ipmask json
    json_query jwt_header_query jwt_payload_query jwt_verify language ltime ltrim map map_beg map_dir
    map_dom map_end map_int map_ip map_reg map_regm map_str map_sub mod mqtt_field_value mqtt_is_valid mul
    neg not odd or port_only protobuf regsub rtrim sdbm secure_memcmp set-var sha1 sha2 strcmp sub
    table_conn_cnt table_conn_cur table_conn_rate table_gpc0 table_http_req_rate ub64dec ub64enc ungrpc
    unset-var url_dec url_enc utime word wt6 xor xxh3 xxh32 xxh64
    """
)

ACTIONS: Final = _words(
    """
    add-acl add-header allow auth cache-use capture del-acl del-map disable-l7-retry do-resolve early-hint
    normalize-uri reject replace-header replace-path replace-pathq replace-uri replace-value sc-add-gpc
    sc-inc-gpc sc-inc-gpc0 sc-inc-gpc1 sc-set-gpt0 send-spoe-group set-dst set-dst-port set-log-level
    set-map set-mark set-method set-nice set-path set-pathq set-priority-class set-priority-offset
    set-query set-src set-src-port set-timeout set-tos set-uri set-var set-var-fmt silent-drop strict-mode
    tarpit track-sc0 track-sc1 track-sc2 unset-var use-service wait-for-body wait-for-handshake
    """
)

OPTIONS: Final = _words(
    """
    -m clear-cookie content-type default-errorfiles errorfile errorfiles file hdr ignore-empty lf-file
    lf-string set-cookie string
    """
)
"""Options of actions."""
