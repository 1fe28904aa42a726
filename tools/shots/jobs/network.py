"""Certificates, access lists and backups of network devices; nothing is really changed."""

import time

from foureyes.jobs import BooleanVar, ChoiceVar, IntegerVar, Job, StringVar, TextVar

name = "Network"


class RotateEdgeCertificates(Job):
    hosts = StringVar(label="Edge hosts", description="Names separated by commas.", default="edge-fra-01,edge-fra-02")
    at_a_time = IntegerVar(label="Hosts at a time", default=2, min_value=1, max_value=10)
    authority = ChoiceVar(
        label="Certificate authority",
        choices=(("internal", "Internal CA"), ("public", "Public CA")),
        default="internal",
    )
    reload = BooleanVar(label="Reload afterwards", default=True, description="Reload the proxy of every host.")

    class Meta:
        name = "Rotate edge TLS certificates"
        description = "Requests and installs certificates, one site at a time"
        has_sensitive_variables = False
        approval_required = True
        soft_time_limit = 1200
        time_limit = 1260

    def run(self, *, hosts, at_a_time, authority, reload=True):
        names = [host.strip() for host in hosts.split(",")]
        self.log_info(message=f"Plan: replace {len(names)} certificates, {at_a_time} at a time")
        for done, host in enumerate(names, 1):
            self.install(host, authority, reload)
            self.progress(done, len(names), f"{done} of {len(names)} hosts")
        return {"hosts": len(names)}

    def install(self, host, authority, reload):
        if host.startswith("edge-ams"):
            self.log_warning(message=f"{host}: no previous run on this host")
        if self.change(host, before="ends 27 November 2026", after="397 days"):
            self.log_success(message=f"{host}: installed, signed by the {authority} CA")
            if reload:
                self.log_info(message=f"{host}: proxy reloaded")


class PushAccessLists(Job):
    routers = StringVar(label="Core routers", default="core-fra-1,core-ams-1")
    rules = TextVar(label="Rules", default="permit tcp 10.20.0.0/16 any eq 443")

    class Meta:
        name = "Push ACL update to core routers"
        description = "Renders, validates and pushes access lists"
        has_sensitive_variables = False
        approval_required = True

    def run(self, *, routers, rules):
        for router in routers.split(","):
            if self.change(router, before="41 rules", after=f"{41 + len(rules.splitlines())} rules"):
                self.log_success(message=f"{router}: access list is active")


class BackUpConfigs(Job):
    devices = IntegerVar(label="Devices", default=530, min_value=1)
    pause = IntegerVar(label="Pause (ms)", default=0, min_value=0)

    class Meta:
        name = "Nightly config backup"
        description = "Saves running configuration of every device"
        has_sensitive_variables = False
        read_only = True
        soft_time_limit = 3600
        time_limit = 3660

    def run(self, *, devices, pause):
        for number in range(1, devices + 1):
            if number % 10 == 0:
                self.log_info(message=f"rack-{number // 10:02}: 10 devices saved")
            self.progress(number, devices, f"{number} of {devices} devices")
            time.sleep(pause / 1000)
        return {"devices": devices}
