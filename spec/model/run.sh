#!/usr/bin/env bash
# Runs the Spin models of this folder: every intended setting must hold, every mutant must be caught.
# Needs spin and gcc. Usage: ./run.sh [quick|full]; JOBS settings run at a time (default 2).
# One line per setting, "ok" or "BAD" first; the last line counts. Exit status 0 only if all are as wanted.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mode=${1:-quick}
jobs=${JOBS:-2}
limit=${LIMIT:-600}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# wanted outcome, model, switches
quick_settings='
hold secagg_active -DN=3 -DC=0 -DT=2
hold secagg_active -DN=3 -DC=1 -DT=3
hold secagg_active -DN=4 -DC=0 -DT=3
hold secagg_active -DN=4 -DC=1 -DT=3
hold secagg_active -DN=4 -DC=2 -DT=4
hold secagg_active -DN=5 -DC=1 -DT=4 -DROSTER=1
hold secagg_active -DN=5 -DC=2 -DT=4
fail secagg_active -DN=3 -DC=1 -DT=2
fail secagg_active -DN=4 -DC=0 -DT=2
fail secagg_active -DN=5 -DC=1 -DT=3 -DROSTER=1
fail secagg_active -DN=4 -DC=1 -DT=3 -DDISJOINT=0
fail secagg_active -DN=4 -DC=0 -DT=3 -DONCE=0
fail secagg_active -DN=4 -DC=1 -DT=3 -DPKI=0
fail secagg_active -DN=5 -DC=0 -DT=3 -DCONSIST=0 -DROSTER=1
hold secagg_crash -DCLN=3 -DTHR=2 -DCRASHES=2
hold secagg_crash -DCLN=4 -DTHR=3 -DCRASHES=2
fail secagg_crash -DCLN=4 -DTHR=3 -DREACH
fail secagg_crash -DCLN=3 -DTHR=2 -DWAL_FIRST=0
fail secagg_crash -DCLN=3 -DTHR=2 -DATOMIC_SUM=0
fail secagg_crash -DCLN=3 -DTHR=2 -DDROP_LATE=0
fail secagg_crash -DCLN=3 -DTHR=2 -DDEDUP=0
fail secagg_crash -DCLN=3 -DTHR=2 -DWAL_FIRST=0 -DCLIENT_ONCE=0 -DCHK=4
fail secagg_crash -DCLN=4 -DTHR=3 -DWAL_FIRST=0 -DCLIENT_ONCE=0 -DONE_RESULT=0 -DCHK=2
hold dp_ledger -DBUDGET=2 -DFAULTS=3
hold dp_ledger -DBUDGET=6 -DFAULTS=8
hold dp_ledger -DBUDGET=4 -DFAULTS=5 -DBACKUP=0 -DANCHOR=0
fail dp_ledger -DDEBIT_FIRST=0
fail dp_ledger -DFENCE=0
fail dp_ledger -DANCHOR=0
fail dp_ledger -DSAME_NOISE=0
fail dp_ledger -DBACKUP=0 -DANCHOR=0 -DTORN_SAFE=0
'
full_settings='
hold secagg_active -DN=5 -DC=0 -DT=4 -DROSTER=1
hold secagg_active -DN=5 -DC=1 -DT=4
hold secagg_crash -DCLN=5 -DTHR=3 -DCRASHES=1
hold secagg_crash -DCLN=4 -DTHR=3 -DWAL_FIRST=0 -DCHK=4
'

# Explores one setting in a folder of its own and writes its line to the file given first.
explore() {
  local line=$1 want=$2 model=$3 folder got states broken
  shift 3
  folder=$line.d
  mkdir "$folder" && cd "$folder" || return
  if ! { spin "$@" -a "$here/$model.pml" && gcc -O2 -w -DSAFETY -DCOLLAPSE -DNOREDUCE -DMEMLIM=9000 -o pan pan.c; } > build.log 2>&1; then
    echo "BAD  $model $*: does not build" > "$line"
    return
  fi
  timeout -s INT "$limit" ./pan -m5000000 -n > search.log 2>&1
  states=$(grep -oE '[0-9.e+]+ states, stored' search.log | head -1)
  broken=$(grep -oE 'assertion violated .*\)' search.log | head -1 | sed 's/ (at depth.*//')
  got=fail
  if grep -q 'errors: 0' search.log; then
    got=hold
    if grep -q 'Search not completed' search.log; then got=unfinished; fi
  elif [ -z "$broken" ]; then
    got=crashed
  fi
  if [ "$got" = "$want" ]; then verdict=ok; else verdict=BAD; fi
  printf '%-4s want=%s got=%-10s %-22s %s %s%s\n' "$verdict" "$want" "$got" "$states" "$model" "$*" "${broken:+ | $broken}" > "$line"
  rm -rf "$folder"
}

settings=$quick_settings
if [ "$mode" = full ]; then settings+=$full_settings; fi

number=0
while read -r want model switches; do
  [ -n "$want" ] || continue
  number=$((number + 1))
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  # shellcheck disable=SC2086  # the switches are words
  explore "$work/$(printf '%03d' "$number")" "$want" "$model" $switches &
done <<< "$settings"
wait

cat "$work"/[0-9][0-9][0-9]
good=$(cat "$work"/[0-9][0-9][0-9] | grep -c '^ok')
echo "$good of $number as wanted"
[ "$good" -eq "$number" ]
