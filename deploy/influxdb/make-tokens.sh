#!/bin/sh
# Makes the tokens for the bucket, each once: one that writes and reads it, for the server, and one that only reads it, for Grafana. Each lies in
# a file that its reader alone can read. INFLUX_HOST, INFLUX_ORG, INFLUX_BUCKET and INFLUX_TOKEN, the administrator's, are those of the client.
set -eu
cd /tokens

bucket=$(influx bucket list --name "$INFLUX_BUCKET" --hide-headers | cut -f1)
[ -n "$bucket" ] || { echo "there is no bucket $INFLUX_BUCKET" >&2; exit 1; }

make() { # NAME USER RIGHTS...
	name=$1 user=$2
	shift 2
	[ ! -s "$name" ] || return 0
	umask 077
	influx auth create --description "lightsout: $name" "$@" --hide-headers | cut -f3 >"$name.new"
	[ -s "$name.new" ] || { echo "InfluxDB made no token for $name" >&2; exit 1; }
	chown "$user" "$name.new"
	mv "$name.new" "$name"
}

make server 65532 --read-bucket "$bucket" --write-bucket "$bucket"
make grafana 472 --read-bucket "$bucket"
