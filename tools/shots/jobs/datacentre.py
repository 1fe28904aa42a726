"""Work on racks and power; nothing is really changed."""

from foureyes.jobs import ChoiceVar, Job, StringVar

name = "Data centre"


class HostUnreachableError(Exception):
    """A host does not answer."""


class DrainRack(Job):
    rack = StringVar(label="Rack", default="fra-r12")
    order = ChoiceVar(label="Order", choices=(("top", "From the top"), ("bottom", "From the bottom")), default="top")

    class Meta:
        name = "Drain rack for maintenance"
        description = "Moves workloads away and powers hosts down"
        has_sensitive_variables = False

    def run(self, *, rack, order):
        for unit in range(1, 7):
            self.progress(unit, 12, f"{unit} of 12 hosts")
            self.log_info(message=f"{rack}-u{unit:02}: workloads moved, powered down")
        self.log_failure(message=f"{rack}-u07: does not answer on its management address")
        raise HostUnreachableError(f"{rack}-u07")


class PowerCycleOutlet(Job):
    outlet = StringVar(label="Outlet", default="fra-pdu-3/14")

    class Meta:
        name = "Power-cycle PDU outlet"
        description = "Turns a single outlet off and on"
        has_sensitive_variables = False
        approval_required = True

    def run(self, *, outlet):
        if self.change(outlet, before="on", after="off, then on"):
            self.log_success(message=f"{outlet}: power is back")
