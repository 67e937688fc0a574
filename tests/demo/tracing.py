"""Walk the demo's network from a node towards the grid, without the project's solver."""

from collections import defaultdict

from power.models import Conversion, Line, TransferSwitch, Transformer


class Upstream:
    """What lies between a node and the bus sections at 34.5 kV; every node has one parent."""

    def __init__(self, site):
        self.parents = defaultdict(list)
        for line in Line.objects.filter(site=site).select_related("from_node", "to_node"):
            self.parents[line.to_node.tag].append((line.tag, line.from_node.tag))
        for row in Transformer.objects.filter(site=site).select_related("hv_node", "lv_node"):
            self.parents[row.lv_node.tag].append((row.tag, row.hv_node.tag))
        for row in TransferSwitch.objects.filter(site=site):
            self.parents[row.output_node.tag].append((row.tag, row.preferred_node.tag))
        rows = Conversion.objects.filter(site=site).select_related("input_node", "output_node")
        for row in rows:
            self.parents[row.output_node.tag].append((row.tag, row.input_node.tag))

    def objects(self, node):
        """Return tags of branches, conversions and nodes up to the bus section, in order."""
        found = [node]
        while not node.startswith("MV-"):
            ((branch, node),) = self.parents[node]
            found += [branch, node]
        return found
