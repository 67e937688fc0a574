"""The campus as a pandapower network, with the source impedance as a branch of its own."""

import pandapower as pp


def network_of(tables):
    """Return the network; bus numbers are those of the tables, the ideal source comes behind."""
    net = pp.create_empty_network(f_hz=tables["f_hz"], sn_mva=1.0)
    for bus in tables["bus"]:
        pp.create_bus(net, bus["vn_kv"], index=bus["id"])
    add_source(net, tables["source"][0])
    for row in tables["line"]:
        pp.create_line_from_parameters(
            net,
            row["from_bus"],
            row["to_bus"],
            row["length_km"],
            row["r_ohm_per_km"],
            row["x_ohm_per_km"],
            row["c_nf_per_km"],
            row["max_i_ka"],
        )
    for row in tables["transformer"]:
        pp.create_transformer_from_parameters(
            net,
            row["hv_bus"],
            row["lv_bus"],
            row["sn_mva"],
            row["vn_hv_kv"],
            row["vn_lv_kv"],
            row["vkr_percent"],
            row["vk_percent"],
            row["pfe_kw"],
            row["i0_percent"],
            tap_side=row["tap_side"],
            tap_neutral=row["tap_neutral"],
            tap_pos=row["tap_pos"],
            tap_min=row["tap_min"],
            tap_max=row["tap_max"],
            tap_step_percent=row["tap_step_percent"],
            tap_step_degree=0.0,
            tap_changer_type="Ratio",
        )
    for row in tables["load"]:
        pp.create_load(net, row["bus"], row["p_mw"], row["q_mvar"])
    return net


def add_source(net, row):
    """Put an ideal voltage behind the short-circuit impedance."""
    kv = net.bus.vn_kv.at[row["bus"]]
    ideal = pp.create_bus(net, kv)
    pp.create_ext_grid(net, ideal, vm_pu=row["vm_pu"])
    reactance = kv**2 / row["sk_mva"] / (1.0 + row["r_over_x"] ** 2) ** 0.5
    ohm = (row["r_over_x"] * reactance, reactance)
    pp.create_line_from_parameters(net, ideal, row["bus"], 1.0, *ohm, 0.0, 1e6)
