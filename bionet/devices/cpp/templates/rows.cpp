{% extends "frame.cpp" %}
{# What arrives in this step: `body` for each synapse of each row. Loads of the neuron that spiked
   are done once a row; the neuron at the other end is looked up, or counted in a row without gaps. #}
{% macro synapses(index, neuron) %}
            {
                const size_t _idx = {{index}};
                const size_t _vectorisation_idx = _idx;
                const {{"int64_t" if index == "_first + _q" else "int32_t"}} {{other_index}} = {{neuron}};
{{body}}
            }
{% endmacro %}
{% block main %}
    const size_t _vectorisation_idx = -1;
{{scalar_code}}
    for (const bionet::Spike _spike : {{rows}}.now())
    {
        const size_t _first = {{rows}}.first[_spike.part], _end = {{rows}}.first[_spike.part + 1];
        const int32_t {{row_index}} = _spike.neuron;
{{before_row}}
        {% if dense %}
        if ({{rows}}.dense[_spike.part])
        {
            const int64_t _neuron = {{rows}}.other[_first], _n = _end - _first;
            {% if independent %}
#pragma GCC ivdep
            {% endif %}
            for (int64_t _q = 0; _q < _n; _q++)
{{synapses("_first + _q", "_neuron + _q")}}
        } else
        {% endif %}
        {% if in_order %}
        if (!{{rows}}.synapse.size())
        {
            const {{neuron_type}}* __restrict _other = {{rows}}.other.data();
            for (size_t _p = _first; _p < _end; _p++)
{{synapses("_p", "_other[_p]")}}
        } else
        {% endif %}
        {
            const {{neuron_type}}* __restrict _other = {{rows}}.other.data();
            const uint32_t* __restrict _synapse = {{rows}}.synapse.data();
            for (size_t _p = _first; _p < _end; _p++)
{{synapses("_synapse[_p]", "_other[_p]")}}
        }
{{after_row}}
    }
{% endblock %}
