# Small images of both programs, each also without a shell:
#   docker build --target weir-exporter .                docker build --target weir-router .
#   docker build --target weir-exporter-distroless .     docker build --target weir-router-distroless .
# They write nowhere, need no capability, and run as any user.

FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/install-deps scripts/build scripts/
RUN scripts/install-deps && apt-get install -y --no-install-recommends busybox-static
COPY CMakeLists.txt ./
COPY common common
COPY mapping mapping
COPY exporter exporter
COPY router router
RUN scripts/build
# /image/PROGRAM is a file system with the program, the libraries it is linked with, and the few files
# the C library asks for; /image/shell is busybox under all its names.
RUN for program in weir-exporter weir-router; do \
      image=/image/$program && mkdir -p "$image/bin" "$image/etc" && \
      install -d -m 1777 "$image/tmp" && \
      cp "build/$program" "$image/bin/" && \
      ldd "build/$program" build/weir-tls/*.so | grep -oE '[[:space:]]/[^ ]*' | sort -u | \
        xargs cp --parents --dereference -t "$image" && \
      install -D -t "$image/lib/weir-tls" build/weir-tls/*.so && \
      grep -E '^(root|nobody):' /etc/passwd >"$image/etc/passwd" && \
      grep -E '^(root|nogroup):' /etc/group >"$image/etc/group" && \
      echo 'hosts: files dns' >"$image/etc/nsswitch.conf" || exit; \
    done && \
    ln -s weir-exporter /image/weir-exporter/bin/statsd_exporter && \
    mkdir -p /image/shell/bin && cp /bin/busybox /image/shell/bin/ && \
    for name in $(busybox --list); do \
      [ "$name" = busybox ] || ln -s busybox "/image/shell/bin/$name" || exit; \
    done

FROM scratch AS weir-exporter-distroless
COPY --from=build /image/weir-exporter /
USER 65534
EXPOSE 9102 9125 9125/udp
ENTRYPOINT ["/bin/weir-exporter"]

FROM scratch AS weir-router-distroless
COPY --from=build /image/weir-router /
USER 65534
EXPOSE 8125 8125/udp 9145
ENTRYPOINT ["/bin/weir-router"]

FROM weir-router-distroless AS weir-router
COPY --from=build /image/shell /
HEALTHCHECK CMD ["wget", "-q", "-O", "/dev/null", "http://localhost:9145/-/healthy"]

FROM weir-exporter-distroless AS weir-exporter
COPY --from=build /image/shell /
# statsd_exporter's images had one up to 0.29, and compose files wait for it.
HEALTHCHECK CMD ["wget", "-q", "-O", "/dev/null", "http://localhost:9102/-/healthy"]
