package detect

// word is what a word means in SQL. Dialects are taken together: what one of
// them understands counts.
type word uint8

// The words by which fragments are recognised.
const (
	wNone word = iota
	wLogic
	wNot
	wFilter // words that a condition follows: where, having
	wUnion
	wAll
	wSelect
	wFrom
	wWhen
	wCase
	wThen
	wOrder
	wGroup
	wBy
	wLimit
	wInto
	wFile
	wProcedure
	wAnalyse
	wLike
	wIn
	wBetween
	wIs
	wTruth // null, true, false
	wAs
	wDistinct
	wTop
	wInsert
	wUpdate
	wDelete
	wChange // drop, alter, create, truncate, rename
	wThing  // what those change: table, database
	wExec
	wDeclare
	wWait
	wDelay
	wCall
	wBegin
	wEnd
	wHalt
	wSet
	wCopy
	wLoad
	wData
	wGrant
	wAdmin // dbcc, backup, pragma, attach and such
	wValues
	wJoin
	wWith
	wType
	wDual
	wPrefix // binary, any, some, exists
	wMode
	wBoolean
	wIf
)

// call says how telling it is that a word is called as a function.
type call uint8

const (
	callPlain call = iota // of no dialect
	callKnown             // of SQL, but also a word of other languages
	callRisky             // delays, reads, runs, or makes errors speak, and is of SQL only
)

// sqlWord is one entry of the table.
type sqlWord struct {
	text  string
	is    word
	call  call
	names bool // names the tables of the database itself
}

// sqlTable finds words by their hash; places are probed in a row.
var sqlTable = func() (t [2048]sqlWord) {
	put := func(w sqlWord) {
		i := hashOf([]byte(w.text)) % uint32(len(t))
		for t[i].text != "" && t[i].text != w.text {
			i = (i + 1) % uint32(len(t))
		}
		if t[i].text == w.text {
			w.is, w.call, w.names = max(w.is, t[i].is), max(w.call, t[i].call), w.names || t[i].names
		}
		t[i] = w
	}
	for is, list := range sqlGrammarWords {
		for _, text := range list {
			put(sqlWord{text: text, is: is})
		}
	}
	for _, text := range sqlKnownCalls {
		put(sqlWord{text: text, call: callKnown})
	}
	for _, text := range sqlRiskyCalls {
		put(sqlWord{text: text, call: callRisky})
	}
	for _, text := range sqlCatalogue {
		put(sqlWord{text: text, names: true})
	}
	return t
}()

const longestSQLWord = 32

func hashOf(s []byte) uint32 {
	h := uint32(len(s))
	for _, b := range s {
		h = h*31 + uint32(b)
	}
	return h ^ h>>11
}

// sqlEnds has a bit for each word: by its length, its first and its last
// letter. Most words of prose end there.
var sqlEnds = endsOf(func(*sqlWord) bool { return true })

func endsOf(of func(*sqlWord) bool) (t [longestSQLWord + 1][32]uint32) {
	for i := range sqlTable {
		if w := &sqlTable[i]; w.text != "" && of(w) {
			n := len(w.text)
			t[n][w.text[0]&31] |= 1 << (w.text[n-1] & 31)
		}
	}
	return t
}

var noWord sqlWord

// sqlWordOf looks a lower-case word up.
func sqlWordOf(s []byte) *sqlWord {
	if len(s) < 2 || len(s) > longestSQLWord || sqlEnds[len(s)][s[0]&31]>>(s[len(s)-1]&31)&1 == 0 {
		return &noWord
	}
	for i := hashOf(s) % uint32(len(sqlTable)); sqlTable[i].text != ""; i = (i + 1) % uint32(len(sqlTable)) {
		if sqlTable[i].text == string(s) {
			return &sqlTable[i]
		}
	}
	return &noWord
}

var sqlGrammarWords = map[word][]string{
	wLogic:     {"or", "and", "xor", "div", "mod"},
	wNot:       {"not"},
	wFilter:    {"where", "having", "on"},
	wUnion:     {"union", "intersect", "except", "minus"},
	wAll:       {"all", "distinctrow"},
	wSelect:    {"select"},
	wFrom:      {"from"},
	wWhen:      {"when"},
	wCase:      {"case"},
	wThen:      {"then", "else"},
	wOrder:     {"order"},
	wGroup:     {"group"},
	wBy:        {"by"},
	wLimit:     {"limit", "offset", "fetch"},
	wInto:      {"into"},
	wFile:      {"outfile", "dumpfile", "infile"},
	wProcedure: {"procedure"},
	wAnalyse:   {"analyse"},
	wLike:      {"like", "rlike", "regexp", "ilike", "glob", "similar", "sounds", "match", "collate", "notnull", "isnull"},
	wIn:        {"in"},
	wBetween:   {"between"},
	wIs:        {"is"},
	wTruth:     {"null", "true", "false"},
	wAs:        {"as"},
	wDistinct:  {"distinct", "sql_no_cache", "straight_join", "high_priority"},
	wTop:       {"top"},
	wInsert:    {"insert", "replace", "merge"},
	wUpdate:    {"update"},
	wDelete:    {"delete"},
	wChange:    {"drop", "alter", "create", "truncate", "rename"},
	wThing:     {"table", "database", "schema", "view", "index", "function", "trigger", "login", "role", "user", "proc", "tablespace", "temporary", "assembly", "sequence", "alias", "column", "constraint"},
	wExec:      {"exec", "execute"},
	wDeclare:   {"declare"},
	wWait:      {"waitfor"},
	wDelay:     {"delay", "time"},
	wCall:      {"call", "do", "perform"},
	wBegin:     {"begin"},
	wEnd:       {"end"},
	wHalt:      {"shutdown"},
	wSet:       {"set"},
	wCopy:      {"copy"},
	wLoad:      {"load"},
	wData:      {"data"},
	wGrant:     {"grant", "revoke"},
	wAdmin:     {"dbcc", "backup", "restore", "pragma", "attach", "detach", "vacuum", "handler", "prepare", "show", "describe", "bulk", "openrowset", "reconfigure"},
	wValues:    {"values"},
	wJoin:      {"join", "inner", "outer", "left", "right", "cross", "natural"},
	wWith:      {"with"},
	wType:      {"int", "integer", "varchar", "nvarchar", "numeric", "decimal", "signed", "unsigned", "text", "bigint", "float"},
	wDual:      {"dual"},
	wPrefix:    {"binary", "any", "some", "exists", "interval", "row"},
	wMode:      {"mode"},
	wBoolean:   {"boolean"},
	wIf:        {"if"},
}

// sqlKnownCalls are functions of SQL that other languages and people know too.
var sqlKnownCalls = []string{
	"ascii", "char", "chr", "nchar", "ord", "concat", "concat_ws", "group_concat", "string_agg", "listagg", "wm_concat", "substr", "substring", "substring_index",
	"mid", "left", "right", "lpad", "rpad", "length", "char_length", "len", "lower", "upper", "lcase", "ucase", "hex", "unhex", "bin", "conv", "cast", "convert", "count", "sum", "min", "max", "avg",
	"if", "iif", "ifnull", "nullif", "isnull", "nvl", "nvl2", "decode", "coalesce", "elt", "field", "find_in_set", "instr", "locate", "position", "strcmp", "replace", "reverse", "repeat", "space", "insert", "trim", "ltrim", "rtrim",
	"floor", "round", "rand", "random", "abs", "exp", "pow", "power", "mod", "sqrt", "sign", "ceil", "database", "schema", "user", "version", "current_user", "session_user", "system_user", "current_database", "db_name", "user_name", "suser_name", "host_name", "object_id", "object_name", "col_name",
	"now", "sysdate", "getdate", "current_timestamp", "md5", "sha1", "sha2", "password", "encode", "aes_encrypt", "compress", "to_char", "to_number", "to_base64", "from_base64", "quote", "quotename", "row_count", "last_insert_id", "connection_id", "found_rows", "greatest", "least", "interval", "row", "rownum", "exists", "sleep",
	"json_extract", "json_keys", "json_value", "xmltype", "bit_length", "octet_length", "like", "glob", "date_add", "unix_timestamp", "soundex", "stuff", "replicate", "str", "patindex", "charindex", "translate", "typeof", "total", "printf", "unicode", "hextoraw", "rawtohex", "query_to_xml", "table_to_xml", "current_setting", "bitand",
}

// sqlRiskyCalls are functions of SQL alone, with which injections wait, read
// files, run programs, speak to the network or put answers into errors.
var sqlRiskyCalls = []string{
	"benchmark", "pg_sleep", "pg_sleep_for", "pg_read_file", "pg_ls_dir", "pg_read_binary_file", "lo_import", "lo_export", "dblink", "dblink_connect", "dblink_exec", "generate_series", "database_to_xml", "schema_to_xml",
	"extractvalue", "updatexml", "load_file", "make_set", "randomblob", "zeroblob", "load_extension", "sqlite_version", "name_const", "gtid_subset", "gtid_subtract", "st_latfromgeohash", "geometrycollection", "multipoint", "multipolygon", "multilinestring", "linestring", "procedure_analyse", "json_arrayagg", "json_objectagg", "export_set", "get_lock", "is_free_lock", "release_lock", "sys_eval", "sys_exec", "sys_get",
	"regexp_substring", "crypt_key", "xp_cmdshell", "xp_dirtree", "xp_fileexist", "xp_subdirs", "xp_regread", "xp_regwrite", "xp_servicecontrol", "xp_availablemedia", "xp_enumgroups", "xp_ntsec_enumdomains", "xp_terminate_process", "xp_loginconfig", "xp_makecab", "xp_reg", "sp_executesql", "sp_configure", "sp_oacreate", "sp_oamethod", "sp_addextendedproc", "sp_makewebtask", "sp_password", "sp_addsrvrolemember", "sp_addlogin", "sp_start_job", "sp_help", "openrowset", "opendatasource", "openquery", "fn_trace_gettable", "fn_xe_file_target_read_file", "has_dbaccess", "is_srvrolemember", "sysdatetime",
	"receive_message", "send_message", "get_host_address", "get_host_name", "drithsx", "getmappingxpath", "utl_http", "utl_inaddr", "utl_file", "utl_smtp", "dbms_pipe", "dbms_lock", "dbms_ldap", "dbms_xmlgen", "dbms_xmlquery", "dbms_utility", "dbms_java", "dbms_scheduler", "dbms_export_extension", "dbms_xslprocessor", "user_lock", "ctxsys", "ordsys", "httpuritype", "sqlid_to_sqlhash", "xmlquery", "xdburitype",
	"binary_checksum", "fn_virtualfilestats", "fn_my_permissions", "sys_context", "userenv", "current_schemas", "array_to_string", "inet_server_addr", "pg_backend_pid", "pg_stat_file", "lo_get", "lo_put",
}

// sqlCatalogue are the tables and variables that describe the database.
var sqlCatalogue = []string{
	"information_schema", "sysobjects", "syscolumns", "sysdatabases", "sysusers", "syslogins", "sysxlogins", "sysprocesses", "systables", "sysibm", "syscat", "pg_catalog", "pg_class", "pg_user", "pg_shadow", "pg_database", "pg_tables", "pg_attribute", "pg_stat_activity", "pg_namespace", "pg_proc", "pg_roles",
	"all_tables", "all_users", "all_tab_columns", "user_tables", "user_tab_columns", "all_objects", "user_objects", "dba_users", "dba_tables", "v$version", "v$instance", "v$session", "v$database", "rdb$database", "rdb$fields", "rdb$types", "rdb$collations", "rdb$functions", "rdb$relations", "rdb$users", "mon$attachments", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "msysobjects", "msysaccessobjects", "msysqueries", "innodb_table_stats", "tab$", "systypes", "sysservers",
}
