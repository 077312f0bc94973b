"""Pieces of equations by name, of which random networks are put together.

Together they are what a fast loop could get silently wrong: statements whose result depends on the
order of synapses, on which of two names of one variable is read first, on the order of random
numbers, on a state that is written between two loops.
"""

from brian2 import Function, ms

__all__ = [
    "ASSIGNED",
    "BEFORE_THRESHOLD",
    "CONNECT",
    "DELAY",
    "EVENT",
    "FEW_EACH",
    "GROUP",
    "OF_A_SUM",
    "ON_POST",
    "ON_PRE",
    "REFRACTORY",
    "REGULAR",
    "RESET",
    "SUMS",
    "SYNAPSE",
    "THRESHOLD",
    "WITH_V",
    "G",
    "V",
    "every_third",
]

#: Right-hand sides of dv/dt, and methods that integrate them.
V = {
    "leak": ("(drive + g - v)/(10*ms)", ("exact", "euler", "exponential_euler")),
    "saturating": ("(drive + g - v)/(10*ms*(1 + fatigue))", ("euler", "rk2")),
    "exponential": ("(drive + g - v + exp(2*(v - 1.6)))/(10*ms)", ("euler", "heun")),
    "quadratic": ("(drive + g - v + 0.2*v**2)/(10*ms)", ("euler", "rk4")),
    "piecewise": ("(drive*int(v < 1.3) + g - v*int(not flag))/(10*ms)", ("euler",)),
    "noisy": ("(drive + g - v)/(10*ms) + 0.3*xi/sqrt(10*ms)", ("euler", "heun")),
    "two noises": ("(drive + g - v)/(10*ms) + (xi_1 - theta*xi_2)/sqrt(90*ms)", ("euler",)),
    "timed": ("(drive*stimulus(t) + g - v)/(10*ms)", ("euler",)),
    "computed": ("(drive + g*steep - v)/(10*ms)", ("euler",)),
    "jittered": ("(drive*jitter + g - v)/(10*ms)", ("euler",)),
    "linked": ("(drive + g + 0.3*partner - v)/(10*ms)", ("euler",)),
}
#: Lines that some right-hand sides need.
WITH_V = {
    "computed": "steep = 1/(1 + abs(v)) : 1",
    "jittered": "jitter = 0.5 + rand() : 1 (constant over dt)",
    "linked": "partner : 1 (linked)",
}
G = {
    "decay": "dg/dt = -g/(4*ms) : 1",
    "decay unless refractory": "dg/dt = -g/(4*ms) : 1 (unless refractory)",
    "rise and decay": "dg/dt = (h - g)/(4*ms) : 1\ndh/dt = -h/(2*ms) : 1",
    "parameter": "g : 1",
}
GROUP = """
dfatigue/dt = -fatigue/(6*ms) : 1
theta : 1
drive : 1 (constant)
count : integer
hits : integer
label : integer (constant)
flag : boolean
level : 1 (shared)
pause : second
over = v > 1.05 : boolean
twice = 2*v : 1
"""
THRESHOLD = {
    "constant": "v > 1",
    "variable": "v > theta",
    "of the refractory state": "v > 1 and not_refractory",
    "compound": "v > 1 and (g < 2 or flag)",
    "random": "v > 0.8 + 0.4*rand()",
    "random alone": "rand() < 0.03",
    "stateful": "v > 0.9 and every_third(v) > 0",
    "function": "exp(v) > 2.7 + 0.3*sin(t/ms)",
    "of time": "v > 1 and timestep(t, dt) % 3 == 0",
    "of the last spike": "v > 1 - 0.2*int(t - lastspike > 3*ms)",
    "integer": "v > 0.9 and count % 4 != 3",
    "boolean": "flag and v > 0.8",
    "subexpression": "over and twice < 4",
    "linked": "v > 1.1 - 0.3*int(partner > 0.9)",
}
RESET = {
    "to zero": "v = 0; count += 1",
    "by subtraction": "v -= 1; count += 1",
    "adaptive": "v = 0; theta += 0.05; count += 1",
    "random": "v = 0.3*rand(); count += 1",
    "of others": "v = 0; g *= 0.5; fatigue += 1; count += 1",
    "boolean": "v = 0; flag = not flag; count += 1",
    "none": "count += 1",
}
REFRACTORY = {
    "none": False,
    "zero": 0 * ms,
    "constant": 2 * ms,
    "between steps": 1.23 * ms,
    "longer than the run": 500 * ms,
    "for ever": 1e9 * ms,  # more steps than 32 bits count
    "variable": "pause",
    "expression": "(1 + 0.1*(i % 7))*ms",
    "of the state": "1*ms + 2*ms*int(flag)",
    "random": "3*ms*rand()",
    "condition": "v > 0.6",
}
REGULAR = {
    "jump": "g += 0.05",
    "clip": "v = clip(v, -1, 1.5)",
    "push": "v += 0.02*drive",
    "toggle": "flag = rand() < 0.5",
    "threshold": "theta = 0.9 + 0.2*rand()",
    "shared": "level += 0.1",
    "pause": "pause = 3*ms*rand()",
    "bookkeeping": "fatigue = fatigue + 0.01*int(not_refractory)",
}
#: Where what is written is seen by the threshold but not by the update of the state.
BEFORE_THRESHOLD = ("after_groups", "before_thresholds")
EVENT = {"of the state": "v > 0.7 and v < 0.8", "random": "rand() < 0.02", "of a boolean": "flag"}
SYNAPSE = {
    "none": "",
    "static": "w : 1",
    "constant": "w : 1 (constant)",
    "shared": "w : 1 (shared)",
    "event-driven": "w : 1\ndx/dt = -x/(5*ms) : 1 (event-driven)\n"
    "dy/dt = -y/(7*ms) : 1 (event-driven)",
    "clock-driven": "w : 1\ndx/dt = -x/(5*ms) : 1 (clock-driven)\n"
    "dy/dt = (x - y)/(7*ms) : 1 (clock-driven)",
    "typed": "w : 1\nc : integer\non : boolean\neffect = w*int(not on) : 1",
}
#: What a spike of the source does; those with a trace need one in the synapse.
ON_PRE = {
    "add": "g_post += W",
    "add to v": "v_post += W",
    "assign": "v_post = W*2",
    "scale": "g_post = clip(g_post + W, 0, 1.5)",
    "by source": "g_post += W*v_pre",
    "difference": "g_post += W*(v_pre - v_post)",
    "to source": "g_post += W; fatigue_pre += 0.1",
    "of source's input": "g_post += 0.1*W + 0.05*g_pre",
    "shared variable": "g_post += W*(1 - level_post)",
    "integer": "hits_post += 1; label_seen = label_pre",
    "boolean": "flag_post = v_pre > v_post",
    "random": "g_post += W*rand()",
    "gaussian": "g_post += 0.2*W*randn()",
    "of time": "g_post += W*exp(-(t % (5*ms))/(5*ms))",
    "of the last spike": "g_post += W*exp((lastspike_post - t)/(5*ms))",
    "bookkeeping": "g_post += W*int(not_refractory_post)",
    "subexpressions": "g_post += W*int(over_post) + 0.01*v_post",
    "subexpression of the source": "v_post += 0.1*W*twice_pre",
    "indices": "g_post += W*(1 + i - j)/N_post",
    "degrees": "g_post += W/N_incoming",
    "trace": "g_post += W; x += 1; w = clip(w - 0.02*y, 0, 1)",
    "post trace": "g_post += W; w = clip(w + 0.02*(fatigue_post - 0.1), 0, 1)",
    "counted": "g_post += effect; c += 1; on = c % 5 == 4",
}
ON_POST = {
    "none": None,
    "weight": "w = clip(w + 0.05*fatigue_pre, 0, 1)",
    "trace": "y += 1; w = clip(w + 0.02*x, 0, 1)",
    "of the source": "w = clip(w + 0.01*(v_pre - g_pre), 0, 1)",
    "to the source": "g_pre += 0.02",
    "to the target": "fatigue_post += 0.3; w = clip(w - 0.001*fatigue_post, 0, 1)",
    "counted": "c += 1; w = clip(w + 0.01*int(on), 0, 1)",
}
OF_A_SUM = {
    "none": None,
    "weighted": "w*v_pre",
    "gap junction": "w*(v_pre - v_post)",
    "of the target": "w*fatigue_post",
}
CONNECT = {
    "all to all": {},
    "one to one": {"j": "i", "skip_if_invalid": True},
    "neighbours": {"j": "k for k in range(i - 2, i + 3)", "skip_if_invalid": True},
    "dense part": {"condition": "j < 9 and i < 12"},
    "random": {"p": 0.15},
    "random condition": {"condition": "i != j", "p": 0.1},
    "sparse": {"condition": "(7*i + 13*j) % 11 == 0"},
    "twice each": {"condition": "(i + j) % 6 == 0", "n": 2},
    "some twice": {"condition": "(i + 2*j) % 5 == 0", "n": "1 + j % 2"},
    "fixed sample": {"j": "k for k in sample(N_post, size=1)"},
    "no last rows": {"condition": "i < N_pre//2 and (i + j) % 3 == 0"},
    "all twice": {"n": 2},
    "nothing": {"condition": "i < 0"},
}
#: Those with a few synapses a neuron, for groups that are not small.
FEW_EACH = ("one to one", "neighbours", "dense part", "fixed sample", "nothing")
DELAY = {
    "none": None,
    "less than half a step": 0.04 * ms,
    "several steps": 0.7 * ms,
    "longer than the run": 400 * ms,
    "by expression": "0.1*ms*(1 + (3*i + j) % 8)",
    "random": "2*ms*rand()",
    "mostly one": "0.3*ms + 0.4*ms*int(i == 1)",
    "assigned once": 0.5 * ms,  # all are equal, in an array of their own
}
ASSIGNED = {"by expression", "random", "mostly one", "assigned once"}
SUMS = 3  # variables of a group that synapses may sum into

every_third = Function(lambda x: x, arg_units=[1], return_unit=1, stateless=False, arg_names=["x"])
every_third.implementations.add_implementation(
    "cpp",
    "static int n_asked = 0;\nstatic inline double every_third(double x)\n"
    "{ return ++n_asked % 3 == 0; }",
)
