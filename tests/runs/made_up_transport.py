"""Configurations of small networks that learn without weight transport, on made-up images."""

RATE = """
kind = "weight_transport"
[data]
folder = "{folder}"
[network]
hidden = [6, 5]
[rules]
names = ["weight_mirror", "kolen_pollack"]
learning_rates = [0.5, 0.5]
decay = 0.01
[mirror]
rate = 0.02
amplitude = 0.5
decay = 0.02
centred = true
before = 300
[training]
epochs = 3
batch = 8
repeats = 2
at_a_time = 1
seed = 4000000000
[measurement]
samples = 12
"""

SPIKING = """
kind = "weight_transport"
[data]
folder = "{folder}"
[network]
model = "spiking"
hidden = [6]
[spiking]
steps = 12
tau = "3 ms"
gain = 20.0
[rules]
names = ["weight_mirror"]
learning_rates = [0.01]
[mirror]
rate = 0.01
amplitude = 0.5
decay = 0.2
centred = true
before = 0
between = 20
[training]
epochs = 2
batch = 8
optimiser = "adam"
[measurement]
samples = 12
"""
