"""All traffic with an appliance: tokens, the request budget, the websocket, the command API."""
