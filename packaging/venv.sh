# Read by packaging/demo and packaging/check.
# make_venv NAME LIST HOW...: makes .venv/NAME with what
# packaging/requirements/LIST.txt pins, then installs beekeed with `pip install
# HOW...`. What pip fetched already is kept as long as the lists are the same.
# Says what it does on standard error only: standard output may be JSON.
make_venv() {
    name=$1 list=$2
    shift 2
    venv=.venv/$name
    lists="packaging/requirements/build.txt packaging/requirements/$list.txt"
    stamp=$(python3 --version; cat $lists)
    if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$stamp" ]; then
        echo "Installing what beekeed needs into $venv ..." >&2
        rm -rf "$venv"
        python3 -m venv "$venv"
        for file in $lists; do
            "$venv/bin/pip" -qq --disable-pip-version-check install \
                --no-build-isolation --use-pep517 --require-hashes -r "$file" >&2
        done
        printf '%s\n' "$stamp" > "$venv/stamp"
    fi
    "$venv/bin/pip" -qq --disable-pip-version-check install \
        --no-build-isolation --no-deps --force-reinstall "$@" >&2
}
