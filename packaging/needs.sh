# Read by packaging/check and packaging/bench: Debian packages with what they call.
# need PROGRAM PACKAGE: remembers the package where the program is missing.
# need_for_tests: all that the tests need.
# install_needed WHO: as root installs what is missing; else says so and ends.
missing=""
PATH=$PATH:/usr/sbin:/sbin
for folder in /usr/lib/postgresql/*/bin; do
    PATH=$PATH:$folder
done

need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need_for_tests() {
    need ip iproute2
    need mariadbd mariadb-server-core
    need my_print_defaults mariadb-client-core
    need postgres postgresql
    need mount mount
    need openssl openssl
    need systemd-analyze systemd
    need unshare util-linux
    need strace strace
    need faketime faketime
    need dbus-daemon dbus-daemon
    need mandoc mandoc
    need zsh zsh
    need chromium chromium
}

install_needed() {
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ]; then
        # The tests start servers of their own; Debian's own cluster is not wanted.
        if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
            mkdir -p /etc/postgresql-common
            echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
        fi
        apt-get -qq update >&2
        DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends --yes \
            $missing >&2
    elif [ -n "$missing" ]; then
        echo "$1 need more than is installed. As root:" >&2
        echo "  apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
}
