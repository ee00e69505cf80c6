# OpenBao of this environment. Written by `uz render` from uz.toml.
# Paths are relative to the environment's folder, in which it is started.
ui = false
log_level = "warn"
pid_file = "run/openbao/openbao.pid"
api_addr = "https://127.0.0.1:22820"
cluster_addr = "https://127.0.0.1:22821"

# Encrypted by OpenBao before it is written. One server waits for no other: elections are short.
storage "raft" {
  path = "data/openbao"
  node_id = "openbao"
  performance_multiplier = "1"
}

listener "tcp" {
  address = "127.0.0.1:22820"
  cluster_address = "127.0.0.1:22821"
  tls_cert_file = "credentials/openbao/tls.pem"
  tls_key_file = "credentials/openbao/tls.key"
  tls_min_version = "tls13"
}

# Unseals itself at each start, by a key in memory that Uz makes from the bootstrap credential.
seal "static" {
  current_key_id = "uz-1"
  current_key = "file://credentials/openbao/seal.key"
}

# Who read what, with values as keyed hashes. A request that cannot be logged is refused.
audit "file" "file" {
  options = {
    file_path = "logs/openbao/audit.log"
  }
}
